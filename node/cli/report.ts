import type { BundleOutcome, VerificationOutcome } from '../verifier.ts'
import type { Exit } from './exit.ts'

type Check = Record<string, unknown> & { status: 'pass' | 'fail' | 'unknown'; reason?: string }

/** What a credential holds goes to a terminal: no control characters, which could write over the verdict. */
const plain = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\ufffd')

/** JSON without characters that a terminal obeys. */
export function printable(value: unknown): string {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(value, null, 2).replace(
    /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    escaped,
  )
}

function fact(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string')) {
    return value.join(' ')
  }
  return undefined
}

function keyText({ key }: Check): string {
  const { validFrom, validUntil, compromisedSince } = (key ?? {}) as Record<string, string | null | undefined>
  if (key === undefined) return ''
  const ends = validUntil ? ` until ${validUntil}` : ''
  const theft = compromisedSince ? `, others may hold it since ${compromisedSince}` : ''
  return `; key listed from ${validFrom ?? 'the start'}${ends}${theft}`
}

function checkLine(name: string, check: Check): string {
  const facts = Object.entries(check)
    .filter(([member]) => !['status', 'reason', 'key', 'proofs'].includes(member))
    .map(([, value]) => fact(value))
    .filter((text) => text !== undefined)
  const about = check.reason ?? `${facts.join(' ')}${keyText(check)}`
  return plain(`  ${check.status.padEnd(8)} ${name.padEnd(11)} ${about}`.trimEnd())
}

export const checkLines = (checks: object): string[] =>
  Object.entries(checks).map(([name, check]) => checkLine(name, check as Check))

/** The worst that some checks say. */
export function worstOf(checks: readonly object[]): Exit {
  const statuses = checks.flatMap((group) => Object.values(group) as Check[]).map(({ status }) => status)
  if (statuses.includes('fail')) return 'failed'
  return statuses.includes('unknown') ? 'unknown' : 'verified'
}

/** How a verdict is written. */
export const verdictText: Record<'verified' | 'failed' | 'unknown', string> = {
  verified: 'VERIFIED',
  failed: 'FAILED',
  unknown: 'NOT DECIDED',
}

export function credentialLines({ credentialId, checks }: VerificationOutcome): string[] {
  return [plain(`credential ${credentialId ?? 'without id'}`), ...checkLines(checks)]
}

/** What a verification without a chain can say, and what it cannot know. */
export function offlineLines(outcome: BundleOutcome, now: Date): string[] {
  const { block, chainId, isTrusted, registration } = outcome
  const hours = Math.floor((now.getTime() - Date.parse(block.time)) / 3_600_000)
  const age = hours < 48 ? `${hours} hours` : `${Math.floor(hours / 24)} days`
  return [
    `as of block ${block.number} of chain ${chainId}, ${block.time} (${age} ago), hash ${block.hash}`,
    ...(registration ? [`registered ${registration.time} in block ${registration.blockNumber}`] : []),
    'What happened after that block is not known here: revocation, suspension, new or stolen keys, deactivation.',
    ...(isTrusted
      ? ['The facts are those of the bundle with the given digest; they were not checked against a chain.']
      : [
          'These facts were not checked against a chain: whoever made the bundle could have written anything into it.',
          'Give --digest with the SHA-256 that somebody you trust told you, or verify with --rpc and --registries.',
        ]),
  ]
}

import type { OpenedCredential } from '../formats/format.ts'
import type { JsonObject } from '../json.ts'
import type { ClaimsToken } from '../suites/claims-token.ts'
import { checkExpiration } from './check-expiration.ts'
import { checkProof } from './check-proof.ts'
import { openCredential } from './open-credential.ts'
import type { PublishedListInput } from './published-lists.ts'
import { undecided } from './undecided.ts'
import type { Verdict, VerificationDeps } from './verification.ts'

/** Why a published list is not believed: `fail` when it is forged. */
export interface Refusal {
  status: 'fail' | 'unknown'
  reason: string
}

interface OpenedList {
  document: JsonObject
  validUntil?: Date
}

/** What published lists are checked with. */
export interface PublishedListDeps
  extends Pick<
    VerificationDeps,
    'formats' | 'suites' | 'resolveDid' | 'resolveKey' | 'documentLoader' | 'now'
  > {
  claimsTokens: readonly ClaimsToken[]
}

const unknown = (reason: string): Refusal => ({ status: 'unknown', reason })
const fail = (reason: string): Refusal => ({ status: 'fail', reason })

/**
 * Checks signature, issuer, address and dates of a fetched list, whatever secures it.
 * @throws MALFORMED_REQUEST when it is not signed or nothing that can be read
 */
export async function openPublishedList(
  deps: PublishedListDeps,
  { url, issuer, list }: PublishedListInput,
  bytes: Uint8Array,
): Promise<OpenedList | Refusal> {
  return list.kind === 'token'
    ? openToken(deps, { url, issuer }, bytes)
    : openListCredential(deps, { url, issuer }, openCredential(deps.formats, receivedFrom(bytes)))
}

/** JSON, or a token in its own characters. */
function receivedFrom(bytes: Uint8Array): unknown {
  const text = Buffer.from(bytes).toString('utf8').trim()
  try {
    return text.startsWith('{') ? JSON.parse(text) : text
  } catch {
    return undefined
  }
}

async function openListCredential(
  deps: PublishedListDeps,
  { url, issuer }: { url: string; issuer: string },
  opened: OpenedCredential,
): Promise<OpenedList | Refusal> {
  const { document, facts } = opened
  if (facts.issuer !== issuer) return fail('The status list does not belong to the issuer of the credential.')
  if (facts.id !== undefined && facts.id !== url)
    return unknown('The status list is that of another address.')
  const dates = checkExpiration(deps, facts)
  if (dates.status !== 'pass') return unknown(`The status list is out of date: ${dates.reason}`)
  let missing = false
  const documentLoader = deps.documentLoader({
    extra: async () => {
      missing = true
      return undefined
    },
  })
  const proof = await checkProof({ ...deps, documentLoader }, opened)
  if (proof.status !== 'pass') {
    // without a context that the issuer uses, nobody may say that the signature is wrong
    const status = missing ? 'unknown' : proof.status
    return { status, reason: `The signature of the status list does not hold: ${proof.reason}` }
  }
  return { document, ...(facts.validUntil !== undefined && { validUntil: new Date(facts.validUntil) }) }
}

async function openToken(
  deps: PublishedListDeps,
  { url, issuer }: { url: string; issuer: string },
  bytes: Uint8Array,
): Promise<OpenedList | Refusal> {
  const tokens = deps.claimsTokens.flatMap((kind) => {
    const token = kind.open(bytes)
    return token ? [token] : []
  })
  const [token] = tokens
  if (!token) return unknown('The status list is no token of a kind that is known.')
  const { claims } = token
  if (claims.sub !== url) return unknown('The status list is that of another address.')
  if (claims.iss !== undefined && claims.iss !== issuer) {
    return fail('The status list does not belong to the issuer of the credential.')
  }
  const outdated = timeProblem(claims, deps.now().getTime() / 1000)
  if (outdated !== undefined) return unknown(outdated)
  const { resolveKey } = deps
  const resolveDidDocument = async (did: string) => (await deps.resolveDid(did))?.document
  const documentLoader = deps.documentLoader({ extra: async () => undefined })
  const options = { resolveKey, resolveDidDocument, documentLoader, now: deps.now() }
  const verdict = await undecided<{ status: Verdict; reason?: string }>(
    () => token.verify(issuer, options),
    (reason) => ({ status: 'unknown', reason }),
  )
  if (verdict.status !== 'pass') {
    return {
      status: verdict.status,
      reason: `The signature of the status list does not hold: ${verdict.reason}`,
    }
  }
  const { exp } = claims
  return { document: claims, ...(typeof exp === 'number' && { validUntil: new Date(exp * 1000) }) }
}

/** Seconds that clocks may differ. */
const clockSkew = 300

function timeProblem({ iat, exp }: JsonObject, now: number): string | undefined {
  const isTime = (value: unknown): value is number =>
    typeof value === 'number' && value >= 0 && value <= 8.64e12
  if (!isTime(iat)) return 'The status list does not tell when it was issued.'
  if (iat > now + clockSkew) return 'The status list was issued in the future.'
  if (exp === undefined) return undefined
  if (!isTime(exp)) return 'The exp of the status list is no time.'
  return exp <= now ? 'The status list is out of date.' : undefined
}

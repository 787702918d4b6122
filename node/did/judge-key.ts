import { IssuerError } from '../errors.ts'
import type { KeyValidity, SigningEvidence } from '../suites/suite.ts'

interface Signing {
  /** When the proof says it was made; whoever holds the key chose it. */
  signedAt?: Date | undefined
  evidence?: SigningEvidence | undefined
}

/** Milliseconds that the clock of a signer may be before that of a chain, and behind it: a block may tell an older time. */
const clockSkew = { before: 300_000, after: 60_000 }

/**
 * Whether a key was valid for a proof. Removal is no reproach: what claims to be older than the removal holds. A key
 * that others may hold signs what they claim, so that only what can be shown to be older than the theft holds.
 * @throws KEY_NOT_VALID, and KEY_DOUBTFUL when it cannot be told
 */
export async function judgeKey(
  validity: KeyValidity & { isOver: boolean },
  { signedAt, evidence }: Signing,
): Promise<void> {
  const { validFrom, validUntil, compromisedSince } = validity
  const existedBefore = async (time: string) => (await evidence?.existedBefore(new Date(time))) ?? false
  const isClaimedFrom = (time: string) => signedAt !== undefined && signedAt.getTime() >= Date.parse(time)
  if (compromisedSince !== null) {
    if (isClaimedFrom(compromisedSince)) {
      throw notValid(`The issuer says that others may hold the key since ${compromisedSince}.`)
    }
    if (!(await existedBefore(compromisedSince))) throw doubtful(compromisedSince)
  }
  if (validFrom !== null && signedAt && signedAt.getTime() < Date.parse(validFrom) - clockSkew.before) {
    throw notValid(`The proof claims to be older than its key, which was listed at ${validFrom}.`)
  }
  if (!validity.isOver || validUntil === null) return
  const claimed = signedAt ?? evidence?.startOfValidity
  if (claimed && claimed.getTime() > Date.parse(validUntil) + clockSkew.after) {
    throw notValid(`The key was removed from the DID document at ${validUntil}, before the proof was made.`)
  }
  if (!claimed && !(await existedBefore(validUntil))) {
    throw new IssuerError('KEY_DOUBTFUL', {
      detail: `The key was removed from the DID document at ${validUntil}, and nothing tells that the proof is older.`,
    })
  }
}

const notValid = (detail: string) => new IssuerError('KEY_NOT_VALID', { detail })

const doubtful = (since: string) =>
  new IssuerError('KEY_DOUBTFUL', {
    detail:
      `The issuer says that others may hold the key since ${since}: only the proof of a registration on the ledger ` +
      'before then shows that the credential is older.',
  })

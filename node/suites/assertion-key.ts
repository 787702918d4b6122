import { IssuerError } from '../errors.ts'
import type { Json, JsonObject } from '../json.ts'
import type { KeyResolver, ProofPurpose, ProofVerdict, ResolvedKey } from './suite.ts'

/** What says nothing about the proof. */
const undecided: ReadonlySet<string> = new Set([
  'DID_METHOD_UNSUPPORTED',
  'KEY_DOUBTFUL',
  'LEDGER_DATA_INVALID',
])

/** Seconds that clocks may differ when a time in the future is judged. */
const clockSkew = 300

const dateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

/** Why a check did not pass, before it has a suite's name. */
export type Refusal = Pick<ProofVerdict, 'reason'> & { status: 'fail' | 'unknown' }

/** The DID of whoever may make a proof of this purpose: the document's issuer, or the holder of a presentation. */
export function controllerOf(document: JsonObject, purpose: ProofPurpose): string | undefined {
  const named = purpose === 'assertionMethod' ? document.issuer : document.holder
  if (typeof named === 'string') return named
  const id = (named as JsonObject | null | undefined)?.id
  return typeof id === 'string' ? id : undefined
}

function isListed(methods: Json | undefined, did: string, verificationMethod: string): boolean {
  return [methods ?? []].flat().some((entry) => {
    const id = typeof entry === 'string' ? entry : (entry as JsonObject | null)?.id
    return id === verificationMethod || (typeof id === 'string' && did + id === verificationMethod)
  })
}

/** Who has to control the key of a proof, by its purpose: words for reasons. */
const party: Record<ProofPurpose, string> = { assertionMethod: 'issuer', authentication: 'holder' }

const foreignKey = (purpose: ProofPurpose) =>
  `The key of the proof is not controlled by the ${party[purpose]}.`

function authorise(
  { verificationMethod: method, didDocument }: ResolvedKey,
  controller: string,
  purpose: ProofPurpose,
): string | undefined {
  if (method.controller !== controller || didDocument.id !== controller) return foreignKey(purpose)
  if (!isListed(didDocument[purpose], didDocument.id, method.id)) {
    return `The ${party[purpose]} does not list the key of the proof under ${purpose}.`
  }
  return undefined
}

/**
 * Resolves the key of a proof and checks that the issuer (for `authentication`: the holder) controls it and lists it
 * under the purpose, which is assertionMethod unless told. `unknown` when the DID cannot be reached.
 */
export async function resolveAssertionKey(
  resolveKey: KeyResolver,
  input: {
    verificationMethod: string
    issuer: string | undefined
    purpose?: ProofPurpose
    /** When the proof says it was made, if it does. */
    signedAt?: Date | undefined
  },
): Promise<{ resolved: ResolvedKey } | Refusal> {
  const { verificationMethod, issuer, purpose = 'assertionMethod', signedAt } = input
  if (issuer === undefined) return { status: 'fail', reason: `The document names no ${party[purpose]}.` }
  // Nothing but the issuer's DID is looked up for a credential, whatever its proof names.
  if (verificationMethod.split('#')[0] !== issuer) return { status: 'fail', reason: foreignKey(purpose) }
  try {
    const resolved = await resolveKey(verificationMethod, { purpose, ...(signedAt && { signedAt }) })
    if (!resolved || resolved.verificationMethod.id !== verificationMethod) {
      return { status: 'fail', reason: `The DID document has no such method under ${purpose}.` }
    }
    const reason = authorise(resolved, issuer, purpose)
    return reason === undefined ? { resolved } : { status: 'fail', reason }
  } catch (error) {
    if (!(error instanceof IssuerError)) throw error
    const isDecided = !error.retryable && !undecided.has(error.code)
    return { status: isDecided ? 'fail' : 'unknown', reason: error.message }
  }
}

/** Why the times of a proof forbid it now; undefined when they do not. */
export function timeProblem(proof: JsonObject, now: Date): string | undefined {
  for (const name of ['created', 'expires'] as const) {
    const value = proof[name]
    if (value !== undefined && (typeof value !== 'string' || !dateTime.test(value))) {
      return `The proof's ${name} is not a date and time with its offset.`
    }
  }
  if (Date.parse(proof.created as string) > now.getTime() + clockSkew * 1000) {
    return 'The proof was created in the future.'
  }
  if (Date.parse(proof.expires as string) < now.getTime() - clockSkew * 1000) return 'The proof has expired.'
  return undefined
}

import { IssuerError } from '../errors.ts'
import type { Json, JsonObject } from '../json.ts'
import type { KeyResolver, ProofVerdict, ResolvedKey } from './suite.ts'

/** Seconds that clocks may differ when a time in the future is judged. */
const clockSkew = 300

const dateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

/** Why a check did not pass, before it has a suite's name. */
export type Refusal = Pick<ProofVerdict, 'reason'> & { status: 'fail' | 'unknown' }

/** The DID of a document's issuer, from either form of `issuer`. */
export function issuerOf(document: JsonObject): string | undefined {
  const { issuer } = document
  if (typeof issuer === 'string') return issuer
  const id = (issuer as JsonObject | undefined)?.id
  return typeof id === 'string' ? id : undefined
}

function isListed(methods: Json | undefined, did: string, verificationMethod: string): boolean {
  return [methods ?? []].flat().some((entry) => {
    const id = typeof entry === 'string' ? entry : (entry as JsonObject | null)?.id
    return id === verificationMethod || (typeof id === 'string' && did + id === verificationMethod)
  })
}

const foreignKey = 'The key of the proof is not controlled by the issuer.'

function authorise(
  { verificationMethod: method, didDocument }: ResolvedKey,
  issuer: string,
): string | undefined {
  if (method.controller !== issuer || didDocument.id !== issuer) {
    return foreignKey
  }
  if (!isListed(didDocument.assertionMethod, didDocument.id, method.id)) {
    return 'The issuer does not list the key of the proof under assertionMethod.'
  }
  return undefined
}

/**
 * Resolves the key of a proof and checks that the issuer controls it and lists it under assertionMethod. `unknown`
 * when the DID cannot be reached.
 */
export async function resolveAssertionKey(
  resolveKey: KeyResolver,
  { verificationMethod, issuer }: { verificationMethod: string; issuer: string | undefined },
): Promise<{ resolved: ResolvedKey } | Refusal> {
  if (issuer === undefined) return { status: 'fail', reason: 'The document names no issuer.' }
  // Nothing but the issuer's DID is looked up for a credential, whatever its proof names.
  if (verificationMethod.split('#')[0] !== issuer) return { status: 'fail', reason: foreignKey }
  try {
    const resolved = await resolveKey(verificationMethod)
    if (!resolved || resolved.verificationMethod.id !== verificationMethod) {
      return { status: 'fail', reason: 'The DID document has no such method under assertionMethod.' }
    }
    const reason = authorise(resolved, issuer)
    return reason === undefined ? { resolved } : { status: 'fail', reason }
  } catch (error) {
    if (!(error instanceof IssuerError)) throw error
    const isDecided = !error.retryable && error.code !== 'DID_METHOD_UNSUPPORTED'
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

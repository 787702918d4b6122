import { createHash } from 'node:crypto'
import type { JsonObject } from '../json.ts'
import type { CompactJwt } from '../tokens/compact-jwt.ts'
import { tokenType } from '../tokens/token-type.ts'
import { type Refusal, resolveAssertionKey, timeProblem } from './assertion-key.ts'
import { isSignedByAccount } from './ethereum-account.ts'
import { jwsAlgorithmNames, keyTypeOf } from './jws-algorithms.ts'
import type { ProofVerdict, VerifyOptions } from './suite.ts'
import { verificationKey, verifySignature } from './verification-key.ts'

/** What a token has to be. */
export interface JwsRules {
  /** Whose key has to have signed. */
  controller: string | undefined
  /** Values of `typ` (see tokenType); undefined among them when a token without type is taken too. */
  types: readonly (string | undefined)[]
  /** Values of `cty`; undefined among them when it may be absent. */
  contentTypes: readonly (string | undefined)[]
}

type Verdict = Omit<ProofVerdict, 'type'>

function headerProblem({ header }: CompactJwt, { types, contentTypes }: JwsRules): string | undefined {
  if (keyTypeOf(header.alg) === undefined) {
    return `The algorithm of the token is none of ${jwsAlgorithmNames}.`
  }
  // RFC 7515, 4.1.11: a critical header that is not understood makes the token invalid; none is understood here.
  if (header.crit !== undefined) return 'The token has critical headers.'
  // RFC 8725, 3.11: a token that was made for something else says so in its type.
  if (!types.includes(tokenType(header))) return 'The token is of another type.'
  if (!contentTypes.includes(tokenType({ typ: header.cty }))) return 'The token has another content type.'
  return undefined
}

const claimedTimes = { iat: 'created', nbf: 'created', exp: 'expires' } as const

/** Times of the signature (RFC 7519, 4.1.4 to 4.1.6) that forbid it now; `claims` are those that are judged here. */
export function jwtTimeProblem(
  payload: JsonObject,
  claims: readonly (keyof typeof claimedTimes)[],
  now: Date,
): string | undefined {
  for (const claim of claims) {
    const value = payload[claim]
    if (value === undefined) continue
    // inputs of the W3C test suite for VC-JOSE-COSE have a date and time there, which timeProblem judges
    const isWritten = claim === 'iat' && typeof value === 'string'
    if (!isWritten && (typeof value !== 'number' || Math.abs(value) > 8.64e12)) {
      return `The ${claim} of the token is not a NumericDate.`
    }
    const written = typeof value === 'string' ? value : new Date(Number(value) * 1000).toISOString()
    const problem = timeProblem({ [claimedTimes[claim]]: written }, now)
    if (problem !== undefined) return problem
  }
  return undefined
}

function isSigned({ header, signingInput, signature }: CompactJwt, method: JsonObject): boolean {
  const key = verificationKey(method)
  const type = keyTypeOf(header.alg)
  if (key) return key.type === type && verifySignature(key, Buffer.from(signingInput), signature)
  const digest = createHash('sha256').update(signingInput).digest()
  return type === 'secp256k1' && isSignedByAccount(method, digest, signature)
}

/** A token without a DID URL as `kid`, as Veramo makes by default: every key of the controller is tried. */
async function verifyUnnamed(
  token: CompactJwt,
  controller: string,
  options: VerifyOptions,
): Promise<Verdict> {
  const didDocument = await options.resolveDidDocument?.(controller)
  if (!didDocument) return { status: 'unknown', reason: 'The token names no key (kid).' }
  const { verificationMethod, [options.purpose ?? 'assertionMethod']: listed } = didDocument
  const methods = ([verificationMethod ?? []].flat() as JsonObject[]).concat(
    ([listed ?? []].flat() as (string | JsonObject)[]).filter((method) => typeof method === 'object'),
  )
  const id = methods.find((candidate) => isSigned(token, candidate))?.id
  if (typeof id !== 'string') return { status: 'fail', reason: 'Invalid signature.' }
  return verifyNamed(token, id, controller, options)
}

async function verifyNamed(
  token: CompactJwt,
  verificationMethod: string,
  issuer: string,
  { resolveKey, purpose }: VerifyOptions,
): Promise<(Refusal | { status: 'pass' }) & { verificationMethod: string }> {
  const { iat } = token.payload
  const signedAt = typeof iat === 'number' ? new Date(iat * 1000) : undefined
  const rule = { verificationMethod, issuer, signedAt, ...(purpose && { purpose }) }
  const checked = await resolveAssertionKey(resolveKey, rule)
  if ('status' in checked) return { ...checked, verificationMethod }
  return isSigned(token, checked.resolved.verificationMethod)
    ? { status: 'pass', verificationMethod }
    : { status: 'fail', reason: 'Invalid signature.', verificationMethod }
}

/**
 * Checks the header and the signature of a token, and that its key belongs to the controller and stands under the
 * purpose; the claims are for the caller to judge.
 */
export async function verifyJws(
  token: CompactJwt,
  rules: JwsRules,
  options: VerifyOptions,
): Promise<Verdict> {
  const { kid } = token.header
  const { controller } = rules
  const reason = headerProblem(token, rules)
  if (reason !== undefined) return { status: 'fail', reason }
  if (controller === undefined) return { status: 'fail', reason: 'The token names no issuer.' }
  // a name that is no URL tells keys of one set apart; that set is the controller's document
  const isUrl = typeof kid === 'string' && (kid.startsWith('#') || kid.includes(':'))
  if (!isUrl) return verifyUnnamed(token, controller, options)
  return verifyNamed(token, kid.startsWith('#') ? controller + kid : kid, controller, options)
}

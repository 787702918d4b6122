import { type CompactJwt, parseCompactJwt } from '../compact-jwt.ts'
import { IssuerError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { KeyType } from '../keys/key-store.ts'
import { type Refusal, resolveAssertionKey, timeProblem } from './assertion-key.ts'
import type { JwtAgent } from './jwt-agent.ts'
import { jwtClaims } from './jwt-claims.ts'
import type { AssertionKey, ProofVerdict, ResolvedKey, Suite, VerifyOptions } from './suite.ts'
import { verificationKey, verifySignature } from './verification-key.ts'

const name = 'JwtProof2020'

/** JOSE algorithms (RFC 8037, 3.1; RFC 7518, 3.4; RFC 8812, 3.2) and the keys they sign with. */
const algorithms: Readonly<Record<string, KeyType>> = {
  EdDSA: 'Ed25519',
  ES256: 'P-256',
  ES256K: 'secp256k1',
}

const encode = (value: JsonObject): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/**
 * An EdDSA token without the agent. Ed25519 gives one signature for one message, so a test compares every byte with
 * Veramo's; it is about four times as fast (22,900/s against 5,300/s where raw signing ran at 29,800/s).
 */
async function signEdDsa(claims: JsonObject, { verificationMethod, signer }: AssertionKey): Promise<string> {
  const header = { kid: verificationMethod, alg: 'EdDSA', typ: 'JWT' }
  const signingInput = `${encode(header)}.${encode(claims)}`
  const signature = await signer.sign(Buffer.from(signingInput))
  return `${signingInput}.${Buffer.from(signature).toString('base64url')}`
}

/** did-jwt-vc takes NumericDates from 100,000,000,000 on for milliseconds, and verifies no such token. */
function checkTimes({ exp, nbf }: JsonObject): void {
  if (Math.max(Number(exp ?? 0), Number(nbf ?? 0)) < 100_000_000_000) return
  throw new IssuerError('EXPIRATION_INVALID', { detail: 'The dates of a JWT must lie before November 5138.' })
}

function signThroughAgent(
  agent: JwtAgent | undefined,
  document: JsonObject,
  { verificationMethod, signer }: AssertionKey,
): Promise<string> {
  if (!agent)
    throw new IssuerError('SIGNING_FAILED', { detail: 'These suites were made for verifying alone.' })
  return agent.createCredentialJwt({ document, keyRef: signer.keyRef, kid: verificationMethod })
}

function secureWith(agent: JwtAgent | undefined): Suite['secure'] {
  return async (document, { key }) => {
    try {
      const claims = jwtClaims(document)
      checkTimes(claims)
      return key.signer.type === 'Ed25519'
        ? await signEdDsa(claims, key)
        : await signThroughAgent(agent, document, key)
    } catch (error) {
      if (error instanceof IssuerError) throw error
      throw new IssuerError('SIGNING_FAILED', { cause: error })
    }
  }
}

function headerProblem({ header }: CompactJwt): string | undefined {
  if (typeof header.alg !== 'string' || !Object.hasOwn(algorithms, header.alg)) {
    return 'The algorithm of the token is not EdDSA, ES256 or ES256K.'
  }
  // RFC 7515, 4.1.11: a critical header that is not understood makes the token invalid; none is understood here.
  if (header.crit !== undefined) return 'The token has critical headers.'
  if (header.cty !== undefined) return 'Nested tokens are not supported.'
  return undefined
}

/** Time of signing, as far as the token tells; its validity is for the expiration check. */
function issuedAtProblem({ payload: { iat } }: CompactJwt, now: Date): string | undefined {
  if (iat === undefined) return undefined
  if (typeof iat !== 'number' || Math.abs(iat) > 8.64e12) return 'The iat of the token is not a NumericDate.'
  return timeProblem({ created: new Date(iat * 1000).toISOString() }, now)
}

function isSigned({ header, signingInput, signature }: CompactJwt, method: JsonObject): boolean {
  const key = verificationKey(method)
  return (
    key !== undefined &&
    key.type === algorithms[header.alg as string] &&
    verifySignature(key, Buffer.from(signingInput), signature)
  )
}

/** A token without `kid`, as Veramo makes by default: every assertion key of the issuer is tried. */
async function verifyUnnamed(token: CompactJwt, issuer: string, options: VerifyOptions) {
  const didDocument = await options.resolveDidDocument?.(issuer)
  if (!didDocument) return { status: 'unknown', reason: 'The token names no key (kid).' } as const
  const methods = ([didDocument.verificationMethod ?? []].flat() as JsonObject[]).concat(
    ([didDocument.assertionMethod ?? []].flat() as (string | JsonObject)[]).filter(
      (method) => typeof method === 'object',
    ),
  )
  const method = methods.find((candidate) => isSigned(token, candidate)) as
    | ResolvedKey['verificationMethod']
    | undefined
  if (!method) return { status: 'fail', reason: 'Invalid signature.' } as const
  const resolveKey = async () => ({ verificationMethod: method, didDocument, deactivated: false })
  return verifyNamed(token, method.id, issuer, { ...options, resolveKey })
}

async function verifyNamed(
  token: CompactJwt,
  verificationMethod: string,
  issuer: string,
  { resolveKey }: VerifyOptions,
): Promise<(Refusal | { status: 'pass' }) & { verificationMethod: string }> {
  const checked = await resolveAssertionKey(resolveKey, { verificationMethod, issuer })
  if ('status' in checked) return { ...checked, verificationMethod }
  return isSigned(token, checked.resolved.verificationMethod)
    ? { status: 'pass', verificationMethod }
    : { status: 'fail', reason: 'Invalid signature.', verificationMethod }
}

async function verify(secured: unknown, options: VerifyOptions): Promise<ProofVerdict> {
  const token = parseCompactJwt(secured)
  if (!token) return { type: name, status: 'fail', reason: 'This is not a compact JWT.' }
  const { iss } = token.payload
  const { kid } = token.header
  if (typeof iss !== 'string') return { type: name, status: 'fail', reason: 'The token names no issuer.' }
  const reason = headerProblem(token) ?? issuedAtProblem(token, options.now)
  if (reason !== undefined) return { type: name, status: 'fail', reason }
  const verdict =
    typeof kid === 'string'
      ? await verifyNamed(token, kid.startsWith('#') ? iss + kid : kid, iss, options)
      : await verifyUnnamed(token, iss, options)
  return { type: name, ...verdict }
}

/** JWT over a 1.1 credential (Verifiable Credentials Data Model 1.1, 6.3.1); the algorithm follows from the key. */
export function jwtProof2020(termsUrl: string, agent?: JwtAgent): Suite {
  return {
    name,
    format: 'jwt-vc',
    keyTypes: ['Ed25519', 'P-256', 'secp256k1'],
    dataModels: ['1.1'],
    contexts: () => [termsUrl],
    recognises: (secured) => typeof parseCompactJwt(secured)?.payload.vc === 'object',
    secure: secureWith(agent),
    verify,
  }
}

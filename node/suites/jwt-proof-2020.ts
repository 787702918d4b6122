import { IssuerError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { KeyType } from '../keys/key-store.ts'
import { parseCompactJwt } from '../tokens/compact-jwt.ts'
import { tokenType } from '../tokens/token-type.ts'
import type { JwtAgent } from './jwt-agent.ts'
import { jwtClaims } from './jwt-claims.ts'
import { signJws } from './sign-jws.ts'
import { signJwsInThread } from './signing/sign-jws-in-thread.ts'
import type {
  AssertionKey,
  ProofVerdict,
  Secured,
  SecureMany,
  SecureOptions,
  Suite,
  VerifyOptions,
} from './suite.ts'
import { answerProblem } from './verify-claims-set.ts'
import { jwtTimeProblem, verifyJws } from './verify-jws.ts'

const name = 'JwtProof2020'

/**
 * Keys that sign without the agent, header and payload being equal to Veramo's byte for byte (a test compares them, and
 * the signature of Ed25519, too). EdDSA is about four times as fast so (22,900/s against 5,300/s where raw signing ran at
 * 29,800/s), ES256 more; with secp256k1 half of the time is the signature itself.
 */
const fastKeys: ReadonlySet<KeyType> = new Set(['Ed25519', 'P-256'])

const header = { typ: 'JWT' }

const signHere = (payload: JsonObject, key: AssertionKey): Promise<string> =>
  signJws({ header, payload }, key)

/** did-jwt-vc, and so the agent, makes no token about a subject of which nothing is claimed; the data model has such. */
const claimsNothing = ({ vc }: JsonObject): boolean =>
  Object.keys((vc as JsonObject).credentialSubject as JsonObject).length === 0

/** did-jwt-vc takes NumericDates from 100,000,000,000 on for milliseconds, and verifies no such token. */
function checkTimes({ exp, nbf }: JsonObject): void {
  if (Math.max(Number(exp ?? 0), Number(nbf ?? 0)) < 100_000_000_000) return
  throw new IssuerError('EXPIRATION_INVALID', { detail: 'The dates of a JWT must lie before November 5138.' })
}

/** The payload of a presentation: the document under `vp`, without what registered claims say of it. */
function presentationClaims(document: JsonObject, { created, challenge, domain }: SecureOptions): JsonObject {
  const { id, holder, ...vp } = document
  const seconds = Math.floor(created.getTime() / 1000)
  return {
    vp,
    iss: holder,
    ...(id !== undefined && { jti: id }),
    ...{ nbf: seconds, iat: seconds },
    ...(challenge !== undefined && { nonce: challenge }),
    ...(domain !== undefined && { aud: domain }),
  }
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
  return async (document, options) => {
    const { key } = options
    try {
      if (options.purpose === 'authentication')
        return await signHere(presentationClaims(document, options), key)
      const claims = checkedClaims(document)
      return fastKeys.has(key.signer.type) || claimsNothing(claims)
        ? await signHere(claims, key)
        : await signThroughAgent(agent, document, key)
    } catch (error) {
      if (error instanceof IssuerError) throw error
      throw new IssuerError('SIGNING_FAILED', { cause: error })
    }
  }
}

function checkedClaims(document: JsonObject): JsonObject {
  const claims = jwtClaims(document)
  checkTimes(claims)
  return claims
}

const secureMany: SecureMany = {
  keyTypes: [...fastKeys],
  secure: (documents, options) =>
    signJwsInThread(documents, { header, key: options.key, payloadOf: checkedClaims }),
}

/** The claim that holds the document, by the purpose of the signature. */
const contents = { assertionMethod: 'vc', authentication: 'vp' } as const

async function verify(secured: unknown, options: VerifyOptions): Promise<ProofVerdict> {
  const { purpose = 'assertionMethod', now } = options
  const fail = (reason: string): ProofVerdict => ({ type: name, status: 'fail', reason })
  const token = parseCompactJwt(secured)
  if (!token) return fail('This is not a compact JWT.')
  const { payload } = token
  const { iss } = payload
  if (typeof iss !== 'string') return fail('The token names no issuer.')
  if (typeof payload[contents[purpose]] !== 'object')
    return fail(`The token has no ${contents[purpose]} claim.`)
  // nbf and exp are the validity of a credential, which is for the expiration check
  const times = purpose === 'assertionMethod' ? (['iat'] as const) : (['iat', 'nbf', 'exp'] as const)
  const reason = jwtTimeProblem(payload, times, now) ?? answerProblem(payload, options)
  if (reason !== undefined) return fail(reason)
  const rules = { controller: iss, types: [undefined, 'jwt'], contentTypes: [undefined] }
  return { type: name, ...(await verifyJws(token, rules, options)) }
}

function recognises(secured: Secured): boolean {
  const token = parseCompactJwt(secured)
  if (!token || Object.values(contents).every((claim) => typeof token.payload[claim] !== 'object'))
    return false
  const type = tokenType(token.header)
  return type === undefined || type === 'jwt'
}

/** JWT over a 1.1 credential or presentation (Verifiable Credentials Data Model 1.1, 6.3.1); the algorithm follows from the key. */
export function jwtProof2020(termsUrl: string, agent?: JwtAgent): Suite {
  return {
    name,
    format: 'jwt-vc',
    // did-jwt, which many verifiers of data model 1.1 use, knows no ES384
    keyTypes: ['Ed25519', 'P-256', 'secp256k1'],
    dataModels: ['1.1'],
    contexts: () => [termsUrl],
    recognises,
    secure: secureWith(agent),
    secureMany,
    verify,
  }
}

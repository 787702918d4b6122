import type { JsonObject } from '../json.ts'
import { parseSdJwt, type SdJwt } from '../tokens/sd-jwt.ts'
import { tokenType } from '../tokens/token-type.ts'
import { jwsKeyTypes } from './jws-algorithms.ts'
import { revealedPointers } from './revealed-pointers.ts'
import { deriveSdJwt, presentSdJwt, signSdJwt, verifySdJwt } from './sd-jwt-token.ts'
import type { ProofVerdict, Secured, SecureOptions, Suite, VerifyOptions } from './suite.ts'
import { jwtTimeProblem, verifyJws } from './verify-jws.ts'

const name = 'dc+sd-jwt'
/** Its type until 2024, with a `vct` then as now. */
const formerName = 'vc+sd-jwt'

/** Claims that are never selectively disclosable (draft-ietf-oauth-sd-jwt-vc, Registered JWT Claims), and the token's own. */
const unconcealable = new Set([
  ...['iss', 'nbf', 'exp', 'cnf', 'vct', 'vct#integrity', 'status'],
  ...['iat', 'jti', 'aud', 'sub'],
])

const concealing = { roots: [''], revealed: unconcealable, keywords: new Set<string>() }

function recognises(secured: Secured): boolean {
  const token = parseSdJwt(secured)
  if (token?.jwt.payload.vct === undefined) return false
  const type = tokenType(token.jwt.header)
  return type === name || type === formerName
}

function secure(document: JsonObject, options: SecureOptions): Promise<string> {
  if (options.purpose === 'authentication') return presentSdJwt(document, options)
  const payload = { ...document, iat: Math.floor(options.created.getTime() / 1000) }
  return signSdJwt({ header: { typ: name }, payload }, concealing, options)
}

async function verifyIssued(
  { jwt }: SdJwt,
  payload: JsonObject,
  options: VerifyOptions,
): Promise<Omit<ProofVerdict, 'type'>> {
  const { iss, vct } = payload
  if (typeof vct !== 'string') return { status: 'fail', reason: 'The token names no type (vct).' }
  if (typeof iss !== 'string') return { status: 'fail', reason: 'The token names no issuer.' }
  // The other two ways to the issuer's key lead outside of DIDs: a certificate, and metadata at a well-known address.
  if (!iss.startsWith('did:')) {
    const where = jwt.header.x5c === undefined ? 'issuer metadata at an https address' : 'a certificate (x5c)'
    return { status: 'unknown', reason: `The issuer's key is given by ${where}, which is not followed here.` }
  }
  // nbf and exp are the validity of the credential, which is for the expiration check
  const reason = jwtTimeProblem(payload, ['iat'], options.now)
  if (reason !== undefined) return { status: 'fail', reason }
  const rules = { controller: iss, types: [name, formerName], contentTypes: [undefined] }
  return verifyJws({ ...jwt, payload }, rules, options)
}

/** SD-JWT VC (draft-ietf-oauth-sd-jwt-vc) of an issuer with a DID, bound to a key of the holder where it has one. */
export const dcSdJwt: Suite = {
  name,
  format: 'dc-sd-jwt',
  keyTypes: jwsKeyTypes,
  dataModels: ['sd-jwt-vc'],
  contexts: () => [],
  recognises,
  secure,
  verify: (secured, options) =>
    verifySdJwt(secured, { name, unconcealable, concealsAtTop: true, verifyIssued }, options),
  derive: deriveSdJwt,
  mandatoryPointersOf: (secured) => revealedPointers(secured, concealing),
}

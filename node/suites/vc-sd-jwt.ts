import type { JsonObject } from '../json.ts'
import { disclose, parseSdJwt, type SdJwt } from '../tokens/sd-jwt.ts'
import { tokenType } from '../tokens/token-type.ts'
import { claimsSet } from './claims-set.ts'
import { jwsKeyTypes } from './jws-algorithms.ts'
import { revealedPointers } from './revealed-pointers.ts'
import { deriveSdJwt, type SdJwtRules, signSdJwt, verifySdJwt } from './sd-jwt-token.ts'
import { signJws } from './sign-jws.ts'
import type { ProofVerdict, Secured, SecureOptions, Suite, VerifyOptions } from './suite.ts'
import { verifyClaimsSet } from './verify-claims-set.ts'

const name = 'vc+sd-jwt'

const unconcealable = new Set([
  ...['@context', 'id', 'type', 'issuer', 'validFrom', 'validUntil', 'credentialStatus', 'credentialSchema'],
  ...['iss', 'exp', 'nbf', 'iat', 'cnf', 'status'],
])

const concealing = {
  roots: ['/credentialSubject'],
  revealed: new Set(['id']),
  keywords: new Set(['type', '@type']),
}

/** The type of a presentation whose holder signed it as an SD-JWT; one with a Key Binding JWT has the credential's. */
const presentationName = 'vp+sd-jwt'

function recognises(secured: Secured): boolean {
  const token = parseSdJwt(secured)
  if (token?.jwt.payload['@context'] === undefined) return false
  const type = tokenType(token.jwt.header)
  return type === undefined || type === name || type === presentationName
}

async function secure(document: JsonObject, options: SecureOptions): Promise<string> {
  const payload = await claimsSet(document, options)
  if (options.purpose === 'authentication') {
    return `${await signJws({ header: { typ: presentationName, cty: 'vp' }, payload }, options.key)}~`
  }
  return signSdJwt({ header: { typ: name, cty: 'vc' }, payload }, concealing, options)
}

async function verifyPresentation(token: SdJwt, options: VerifyOptions): Promise<ProofVerdict> {
  const disclosed = disclose(token)
  if ('problem' in disclosed) return { type: name, status: 'fail', reason: disclosed.problem }
  const rules = { types: [undefined, presentationName], contentTypes: [undefined, 'vp'] }
  const verdict = await verifyClaimsSet({ ...token.jwt, payload: disclosed.payload }, rules, options)
  return { type: name, ...verdict }
}

async function verify(secured: Secured, options: VerifyOptions): Promise<ProofVerdict> {
  const token = parseSdJwt(secured)
  if (token && !token.keyBinding && options.purpose === 'authentication') {
    return verifyPresentation(token, options)
  }
  const rules = { types: [undefined, name], contentTypes: [undefined, 'vc'] }
  const verifyIssued: SdJwtRules['verifyIssued'] = (
    { jwt },
    payload,
    { challenge: _, domain: __, ...rest },
  ) => verifyClaimsSet({ ...jwt, payload }, rules, rest)
  return verifySdJwt(secured, { name, unconcealable, concealsAtTop: false, verifyIssued }, options)
}

/** SD-JWT over a 2.0 credential or presentation (Securing Verifiable Credentials using JOSE and COSE, 3.2). */
export const vcSdJwt: Suite = {
  name,
  format: 'vc-sd-jwt',
  keyTypes: jwsKeyTypes,
  dataModels: ['2.0'],
  contexts: () => [],
  recognises,
  secure,
  verify,
  derive: deriveSdJwt,
  mandatoryPointersOf: (secured) => revealedPointers(secured, concealing),
}

import { parseSdJwt } from '../sd-jwt.ts'
import { tokenType } from '../token-type.ts'
import { claimsSet } from './claims-set.ts'
import { jwsKeyTypes } from './jws-algorithms.ts'
import { deriveSdJwt, presentSdJwt, signSdJwt, verifySdJwt } from './sd-jwt-token.ts'
import type { Secured, Suite } from './suite.ts'
import { verifyClaimsSet } from './verify-claims-set.ts'

const name = 'vc+sd-jwt'

const unconcealable = new Set([
  ...['@context', 'id', 'type', 'issuer', 'validFrom', 'validUntil', 'credentialStatus', 'credentialSchema'],
  ...['iss', 'exp', 'nbf', 'iat', 'cnf', 'status'],
])

function recognises(secured: Secured): boolean {
  const token = parseSdJwt(secured)
  if (token?.jwt.payload['@context'] === undefined) return false
  const type = tokenType(token.jwt.header)
  return type === undefined || type === name
}

/** SD-JWT over a 2.0 credential (Securing Verifiable Credentials using JOSE and COSE, 3.2.1). */
export const vcSdJwt: Suite = {
  name,
  format: 'vc-sd-jwt',
  keyTypes: jwsKeyTypes,
  dataModels: ['2.0'],
  contexts: () => [],
  recognises,
  secure: async (document, options) => {
    if (options.purpose === 'authentication') return presentSdJwt(document, options)
    const payload = await claimsSet(document, options)
    const rules = {
      roots: ['/credentialSubject'],
      revealed: new Set(['id']),
      keywords: new Set(['type', '@type']),
    }
    return signSdJwt({ header: { typ: name, cty: 'vc' }, payload }, rules, options)
  },
  verify: (secured, options) =>
    verifySdJwt(
      secured,
      {
        name,
        unconcealable,
        concealsAtTop: false,
        verifyIssued: ({ jwt }, payload, rest) =>
          verifyClaimsSet(
            { ...jwt, payload },
            { types: [undefined, name], contentTypes: [undefined, 'vc'] },
            rest,
          ),
      },
      options,
    ),
  derive: deriveSdJwt,
}

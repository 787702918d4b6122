import { parseCompactJwt } from '../compact-jwt.ts'
import { tokenType } from '../token-type.ts'
import { claimsSet } from './claims-set.ts'
import { jwsKeyTypes } from './jws-algorithms.ts'
import { signJws } from './sign-jws.ts'
import type { ProofVerdict, Secured, Suite, VerifyOptions } from './suite.ts'
import { verifyClaimsSet } from './verify-claims-set.ts'

const name = 'vc+jwt'

async function verify(secured: Secured, options: VerifyOptions): Promise<ProofVerdict> {
  const token = parseCompactJwt(secured)
  if (!token) return { type: name, status: 'fail', reason: 'This is not a compact JWT.' }
  const rules = { types: [undefined, name], contentTypes: [undefined, 'vc'] }
  return { type: name, ...(await verifyClaimsSet(token, rules, options)) }
}

function recognises(secured: Secured): boolean {
  const token = parseCompactJwt(secured)
  if (token?.payload['@context'] === undefined) return false
  const type = tokenType(token.header)
  return type === undefined || type === name
}

/** JWS over a 2.0 credential (Securing Verifiable Credentials using JOSE and COSE, 3.1.1). */
export const vcJwt: Suite = {
  name,
  format: 'vc-jwt',
  keyTypes: jwsKeyTypes,
  dataModels: ['2.0'],
  contexts: () => [],
  recognises,
  secure: async (document, options) => {
    const payload = await claimsSet(document, options)
    return signJws({ header: { typ: name, cty: 'vc' }, payload }, options.key)
  },
  verify,
}

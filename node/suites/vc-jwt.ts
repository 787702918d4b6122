import type { JsonObject } from '../json.ts'
import { parseCompactJwt } from '../tokens/compact-jwt.ts'
import { tokenType } from '../tokens/token-type.ts'
import { claimsSet } from './claims-set.ts'
import { jwsKeyTypes } from './jws-algorithms.ts'
import { signJws } from './sign-jws.ts'
import { signJwsInThread } from './signing/sign-jws-in-thread.ts'
import type { ProofVerdict, Secured, SecureMany, SecureOptions, Suite, VerifyOptions } from './suite.ts'
import { verifyClaimsSet } from './verify-claims-set.ts'

const name = 'vc+jwt'

/** What a token says that it is, by the purpose of its signature. */
const types = { assertionMethod: name, authentication: 'vp+jwt' } as const
const contentTypes = { assertionMethod: 'vc', authentication: 'vp' } as const

const headerOf = ({ purpose = 'assertionMethod' }: SecureOptions): JsonObject => ({
  typ: types[purpose],
  cty: contentTypes[purpose],
})

async function secure(document: JsonObject, options: SecureOptions): Promise<string> {
  const payload = await claimsSet(document, options)
  return signJws({ header: headerOf(options), payload }, options.key)
}

const secureMany: SecureMany = {
  keyTypes: jwsKeyTypes,
  secure: (documents, options) =>
    signJwsInThread(documents, {
      ...{ header: headerOf(options), key: options.key },
      payloadOf: (document) => claimsSet(document, options),
    }),
}

async function verify(secured: Secured, options: VerifyOptions): Promise<ProofVerdict> {
  const { purpose = 'assertionMethod' } = options
  const token = parseCompactJwt(secured)
  if (!token) return { type: name, status: 'fail', reason: 'This is not a compact JWT.' }
  const rules = { types: [undefined, types[purpose]], contentTypes: [undefined, contentTypes[purpose]] }
  return { type: name, ...(await verifyClaimsSet(token, rules, options)) }
}

function recognises(secured: Secured): boolean {
  const token = parseCompactJwt(secured)
  if (token?.payload['@context'] === undefined) return false
  const type = tokenType(token.header)
  return type === undefined || type === types.assertionMethod || type === types.authentication
}

/** JWS over a 2.0 credential or presentation (Securing Verifiable Credentials using JOSE and COSE, 3.1). */
export const vcJwt: Suite = {
  name,
  format: 'vc-jwt',
  keyTypes: jwsKeyTypes,
  dataModels: ['2.0'],
  contexts: () => [],
  recognises,
  secure,
  secureMany,
  verify,
}

import { parseCompactJwt } from '../tokens/compact-jwt.ts'
import { tokenType } from '../tokens/token-type.ts'
import type { ClaimsToken } from './claims-token.ts'
import { jwsKeyTypes } from './jws-algorithms.ts'
import { signJws } from './sign-jws.ts'
import { verifyJws } from './verify-jws.ts'

const type = 'statuslist+jwt'

/** A status list as JWT (draft-ietf-oauth-status-list, Status List Token in JWT Format). */
export const statusListJwt: ClaimsToken = {
  mediaType: `application/${type}`,
  keyTypes: jwsKeyTypes,
  sign: async (claims, key) => Buffer.from(await signJws({ header: { typ: type }, payload: claims }, key)),

  open(received) {
    const token = parseCompactJwt(Buffer.from(received).toString('latin1').trim())
    if (!token || tokenType(token.header) !== type) return undefined
    return {
      claims: token.payload,
      verify: (issuer, options) =>
        verifyJws(token, { controller: issuer, types: [type], contentTypes: [undefined] }, options),
    }
  },
}

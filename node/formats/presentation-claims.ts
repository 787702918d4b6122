import { IssuerError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { OpenedPresentation } from './presentation.ts'
import { readPresentation } from './read-presentation.ts'

/** Claims about the token and what a verifier asked for, which are no part of the document (RFC 7519, 4.1). */
const tokenClaims = new Set(['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'nonce'])

/** Whether a payload without a type of its own is a presentation of data model 2.0. */
export function looksPresented(payload: JsonObject): boolean {
  return payload['@context'] !== undefined && [payload.type].flat().includes('VerifiablePresentation')
}

/**
 * The presentation of data model 2.0 that is itself the payload of a token (Securing Verifiable Credentials using JOSE
 * and COSE, 3.1.2); the holder is who stands under `holder`, or under `iss`.
 * @throws MALFORMED_REQUEST
 */
export function readPresentationClaims(payload: JsonObject, secured: string): OpenedPresentation {
  const foreign = ['vc', 'vp'].filter((name) => Object.hasOwn(payload, name))
  const document = Object.fromEntries(
    Object.entries(payload).filter(([name]) => !tokenClaims.has(name)),
  ) as JsonObject
  const read = readPresentation(document)
  const { iss, jti } = payload
  const violations = foreign.map((name) => ({
    pointer: `/${name}`,
    message: 'must not be a claim of this kind of token',
  }))
  const differs = 'contradicts the registered claim of the token'
  if (iss !== undefined && read.holder !== undefined && iss !== read.holder) {
    violations.push({ pointer: '/holder', message: differs })
  }
  if (jti !== undefined && read.id !== undefined && jti !== read.id) {
    violations.push({ pointer: '/id', message: differs })
  }
  if (violations.length > 0) {
    const detail = 'The payload of the token is not a presentation of data model 2.0.'
    throw new IssuerError('MALFORMED_REQUEST', { detail, violations })
  }
  const holder = read.holder ?? (typeof iss === 'string' ? iss : undefined)
  return { document, ...read, ...(holder !== undefined && { holder }), isProven: true, secured }
}

import type { JsonObject } from '../json.ts'
import type { Cbor, CborMap } from '../tokens/cbor.ts'
import { parseJsonBytes } from '../tokens/compact-jwt.ts'
import { coseDataUrl, parseCoseText } from '../tokens/cose-data-url.ts'
import type { CoseSign1 } from '../tokens/cose-sign1.ts'
import { tokenType } from '../tokens/token-type.ts'
import { controllerOf } from './assertion-key.ts'
import { signableClaims } from './claims-set.ts'
import { coseHeader, coseKeyTypes } from './cose-algorithms.ts'
import { signCose } from './sign-cose.ts'
import type { ProofVerdict, Secured, SecureOptions, Suite, VerifyOptions } from './suite.ts'
import { verifyCose } from './verify-cose.ts'
import { jwtTimeProblem } from './verify-jws.ts'

const name = 'vc+cose'
const mediaTypes = { assertionMethod: 'application/vc+cose', authentication: 'application/vp+cose' } as const
const contentTypes = { assertionMethod: 'application/vc', authentication: 'application/vp' } as const

/** CWT claims in the header (RFC 9597, 2), where the payload is the document itself; labels of RFC 8392, 4. */
const cwtClaims = 15
const labels = { iss: 1, aud: 3, exp: 4, nbf: 5, iat: 6, nonce: 10 } as const

function headerClaims({ protectedHeader }: CoseSign1): JsonObject {
  const claims = protectedHeader.get(cwtClaims)
  if (!(claims instanceof Map)) return {}
  const entries = Object.entries(labels).map(([claim, label]) => [claim, claims.get(label)])
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}

async function secure(document: JsonObject, options: SecureOptions): Promise<Secured> {
  const { created, purpose = 'assertionMethod', challenge, domain, key } = options
  const claims: [Cbor, Cbor][] = [[labels.iat, Math.floor(created.getTime() / 1000)]]
  if (domain !== undefined) claims.push([labels.aud, domain])
  if (challenge !== undefined) claims.push([labels.nonce, Buffer.from(challenge)])
  const header: CborMap = new Map<Cbor, Cbor>([
    [coseHeader.contentType, contentTypes[purpose]],
    [cwtClaims, new Map(claims)],
    [coseHeader.type, mediaTypes[purpose]],
  ])
  const payload = Buffer.from(JSON.stringify(await signableClaims(document, options)))
  return coseDataUrl(mediaTypes[purpose], await signCose({ header, payload }, key))
}

const same = (value: Cbor | undefined, mediaType: string): boolean =>
  value === undefined ||
  (typeof value === 'string' && tokenType({ typ: value }) === tokenType({ typ: mediaType }))

/** What the header says about itself, which must be what the message is taken for (RFC 9596, 2). */
function headerProblem(message: CoseSign1, claims: JsonObject, options: VerifyOptions): string | undefined {
  const { purpose = 'assertionMethod', challenge, domain, now } = options
  const { protectedHeader } = message
  if (!same(protectedHeader.get(coseHeader.type), mediaTypes[purpose]))
    return 'The message is of another type.'
  if (!same(protectedHeader.get(coseHeader.contentType), contentTypes[purpose])) {
    return 'The message has another content type.'
  }
  const nonce = claims.nonce as unknown
  const given = nonce instanceof Uint8Array ? Buffer.from(nonce).toString() : undefined
  if (challenge !== undefined && given !== challenge) return 'The nonce is not the one that was asked for.'
  if (domain !== undefined && claims.aud !== domain) return 'The audience is not the one that was asked for.'
  return jwtTimeProblem(claims, ['iat', 'nbf', 'exp'], now)
}

async function verify(secured: Secured, options: VerifyOptions): Promise<ProofVerdict> {
  const { purpose = 'assertionMethod' } = options
  const fail = (reason: string): ProofVerdict => ({ type: name, status: 'fail', reason })
  const message = parseCoseText(mediaTypes[purpose], secured)
  const payload = parseJsonBytes(message?.payload) as JsonObject | undefined
  if (!message || !payload) return fail('This is not a COSE_Sign1 over JSON.')
  const claims = headerClaims(message)
  const controller = options.controller ?? controllerOf(payload, purpose)
  if (controller === undefined) return fail('The message names nobody who must have signed it.')
  if (claims.iss !== undefined && claims.iss !== controller)
    return fail('The iss of the message is another one.')
  const reason = headerProblem(message, claims, options)
  if (reason !== undefined) return fail(reason)
  const signedAt = typeof claims.iat === 'number' ? new Date(claims.iat * 1000) : undefined
  return {
    type: name,
    ...(await verifyCose(message, controller, { ...options, ...(signedAt && { signedAt }) })),
  }
}

/** COSE_Sign1 over a 2.0 credential in JSON (Securing Verifiable Credentials using JOSE and COSE, 3.3.1). */
export const vcCose: Suite = {
  name,
  format: 'vc-cose',
  keyTypes: coseKeyTypes,
  dataModels: ['2.0'],
  contexts: () => [],
  recognises: (secured) =>
    Object.values(mediaTypes).some((mediaType) => parseCoseText(mediaType, secured) !== undefined),
  secure,
  verify,
}

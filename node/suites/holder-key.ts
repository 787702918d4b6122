import type { Json, JsonObject } from '../json.ts'
import { algorithmOf } from './jws-algorithms.ts'
import { verificationKey } from './verification-key.ts'

const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * The first key under `authentication` of a DID document that can sign a proof of possession, as a public JWK (RFC 7517);
 * undefined when there is none, as for a did:ethr that has its address alone.
 */
export function holderKey(document: JsonObject): JsonObject | undefined {
  const methods = ([document.verificationMethod ?? []].flat() as Json[]).filter(isObject)
  for (const entry of [document.authentication ?? []].flat() as Json[]) {
    const method = isObject(entry) ? entry : methods.find(({ id }) => id === entry)
    const found = method && verificationKey(method)
    if (!found || algorithmOf(found.type) === undefined) continue
    const { kty, crv, x, y } = found.key.export({ format: 'jwk' })
    return { kty, crv, x, ...(y !== undefined && { y }) } as JsonObject
  }
  return undefined
}

import { keyMultibase, multikeyAttribute } from '../did/multikey.ts'
import type { Json, JsonObject } from '../json.ts'
import type { KeyType } from '../keys/key-store.ts'
import type { DidChange } from '../ledger/ledger.ts'

/**
 * A hundred years, in seconds. No job renews keys, and a key whose validity runs out would end the verification of
 * everything it signed: revocation ends a key, not time.
 */
export const validity = 100 * 365 * 86_400

/** Name and value of the ERC-1056 attribute that puts an assertion key into the DID document. */
export function keyAttribute(type: KeyType, publicKey: Uint8Array): { name: string; value: Uint8Array } {
  // Libraries know ES256K keys as EcdsaSecp256k1VerificationKey2019, which this name gives; the others as Multikey.
  return type === 'secp256k1'
    ? { name: 'did/pub/Secp256k1/veriKey/hex', value: publicKey }
    : { name: 'did/pub/Multikey/veriKey/base58', value: multikeyAttribute(type, publicKey) }
}

/** The change that adds an assertion key. */
export function addKey(type: KeyType, publicKey: Uint8Array): DidChange {
  return { kind: 'setAttribute', ...keyAttribute(type, publicKey), validity }
}

/** The id under which a DID document lists a public key for assertions. */
export function assertionMethodOf(
  document: JsonObject,
  type: KeyType,
  publicKey: Uint8Array,
): string | undefined {
  const multibase = keyMultibase(type, publicKey)
  const hex = Buffer.from(publicKey).toString('hex')
  const found = methodsIn(document.verificationMethod).find(
    ({ publicKeyMultibase, publicKeyHex }) => publicKeyMultibase === multibase || publicKeyHex === hex,
  )
  const assertionMethods = Array.isArray(document.assertionMethod) ? document.assertionMethod : []
  const listed = assertionMethods.some(
    (entry) => (typeof entry === 'string' ? entry : idOf(entry)) === found?.id,
  )
  return listed && typeof found?.id === 'string' ? found.id : undefined
}

function methodsIn(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter((method) => idOf(method) !== undefined) : []
}

function idOf(value: Json): string | undefined {
  const id =
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as JsonObject).id
      : undefined
  return typeof id === 'string' ? id : undefined
}

import type { KeyType } from '../keys/key-store.ts'

/** JOSE algorithms (RFC 8037, 3.1; RFC 7518, 3.4; RFC 8812, 3.2) and the one type of key that each signs with. */
const algorithms: readonly (readonly [string, KeyType])[] = [
  ['EdDSA', 'Ed25519'],
  ['ES256', 'P-256'],
  ['ES384', 'P-384'],
  ['ES256K', 'secp256k1'],
]

/** Types of keys that sign tokens, in order of preference. */
export const jwsKeyTypes: readonly KeyType[] = algorithms.map(([, type]) => type)

/** Names of the algorithms, for refusals. */
export const jwsAlgorithmNames = algorithms.map(([name]) => name).join(', ')

/** The type of key that `alg` signs with; undefined for every algorithm that is not known, `none` among them. */
export function keyTypeOf(alg: unknown): KeyType | undefined {
  return algorithms.find(([name]) => name === alg)?.[1]
}

/** What `alg` is called for a key; undefined when no algorithm signs with it. */
export function algorithmOf(type: KeyType): string | undefined {
  return algorithms.find(([, keyType]) => keyType === type)?.[0]
}

import type { KeyType } from '../keys/key-store.ts'

/** COSE algorithms (RFC 9053, 2.1 and 2.2; RFC 8812, 3.2) and the one type of key that each signs with. */
const algorithms: readonly (readonly [number, KeyType])[] = [
  [-8, 'Ed25519'],
  [-7, 'P-256'],
  [-35, 'P-384'],
  [-47, 'secp256k1'],
]

/** Types of keys that sign COSE messages, in order of preference. */
export const coseKeyTypes: readonly KeyType[] = algorithms.map(([, type]) => type)

/** The type of key that an algorithm signs with; undefined for every one that is not known. */
export function coseKeyTypeOf(algorithm: unknown): KeyType | undefined {
  return algorithms.find(([id]) => id === algorithm)?.[1]
}

/** The algorithm that a type of key signs with. */
export function coseAlgorithmOf(type: KeyType): number | undefined {
  return algorithms.find(([, keyType]) => keyType === type)?.[0]
}

/** Labels of header parameters (RFC 9052, 3.1; RFC 9596, 2). */
export const coseHeader = { algorithm: 1, critical: 2, contentType: 3, keyId: 4, type: 16 } as const

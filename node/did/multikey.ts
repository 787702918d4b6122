import { base58, base64urlnopad } from '@scure/base'
import type { KeyType } from '../keys/key-store.ts'

/** Kinds of public keys that a Multikey may hold here, by their names in the multicodec table. */
type Multicodec =
  | 'ed25519-pub'
  | 'x25519-pub'
  | 'secp256k1-pub'
  | 'p256-pub'
  | 'p384-pub'
  | 'p521-pub'
  | 'bls12_381-g2-pub'

interface Codec {
  name: Multicodec
  /** The code as varint: https://github.com/multiformats/multicodec/blob/master/table.csv. */
  prefix: readonly [number, number]
  /** Bytes of the key. */
  length: number
}

const codecs: readonly Codec[] = [
  { name: 'ed25519-pub', prefix: [0xed, 0x01], length: 32 },
  { name: 'x25519-pub', prefix: [0xec, 0x01], length: 32 },
  { name: 'secp256k1-pub', prefix: [0xe7, 0x01], length: 33 },
  { name: 'p256-pub', prefix: [0x80, 0x24], length: 33 },
  { name: 'p384-pub', prefix: [0x81, 0x24], length: 49 },
  { name: 'p521-pub', prefix: [0x82, 0x24], length: 67 },
  { name: 'bls12_381-g2-pub', prefix: [0xeb, 0x01], length: 96 },
]

const codecOfKeyType: Record<KeyType, Multicodec> = {
  Ed25519: 'ed25519-pub',
  'P-256': 'p256-pub',
  'P-384': 'p384-pub',
  secp256k1: 'secp256k1-pub',
  Bls12381G2: 'bls12_381-g2-pub',
}

// The longest one, BLS12-381 G2, has 136 characters; base58 takes time with the square of the length.
const longestMultibase = 160

/** A public key and its kind. */
export interface Multikey {
  codec: Multicodec
  publicKey: Uint8Array
}

/** Multicodec prefix ‖ key: the value of an attribute `did/pub/Multikey/veriKey/base58` on the ledger. */
export function multicodecKey(codec: Multicodec, publicKey: Uint8Array): Uint8Array {
  const { prefix } = codecs.find(({ name }) => name === codec) as Codec
  return Uint8Array.from([...prefix, ...publicKey])
}

/** The same for a key type of the key store; `publicKey` as its signer gives it. */
export function multikeyAttribute(type: KeyType, publicKey: Uint8Array): Uint8Array {
  return multicodecKey(codecOfKeyType[type], publicKey)
}

/** `publicKeyMultibase` of a key: base58btc with its prefix `z` (Controlled Identifiers 1.0, 2.2.2 Multikey). */
export function encodeMultikey(codec: Multicodec, publicKey: Uint8Array): string {
  return `z${base58.encode(multicodecKey(codec, publicKey))}`
}

/** `publicKeyMultibase` of a key of the key store; `publicKey` as its signer gives it. */
export function keyMultibase(type: KeyType, publicKey: Uint8Array): string {
  return encodeMultikey(codecOfKeyType[type], publicKey)
}

/** Reads multicodec prefix ‖ key; undefined for another kind of key or a wrong length. */
function parseMulticodecKey(bytes: Uint8Array): Multikey | undefined {
  const codec = codecs.find(({ prefix, length }) => {
    return prefix.every((byte, i) => bytes[i] === byte) && bytes.length === prefix.length + length
  })
  return codec && { codec: codec.name, publicKey: bytes.subarray(codec.prefix.length) }
}

/** Bytes of a short multibase text in base58btc (`z`) or base64url (`u`); undefined for every other text. */
export function decodeMultibase(multibase: string): Uint8Array | undefined {
  if (multibase.length > longestMultibase) return undefined
  const payload = multibase.slice(1)
  try {
    if (multibase.startsWith('z')) return base58.decode(payload)
    if (multibase.startsWith('u')) return base64urlnopad.decode(payload)
  } catch {
    // not of its alphabet
  }
  return undefined
}

/** Reads a `publicKeyMultibase` in base58btc (`z`) or base64url (`u`); undefined when it is no known Multikey. */
export function decodeMultikey(multibase: string): Multikey | undefined {
  const bytes = decodeMultibase(multibase)
  return bytes && parseMulticodecKey(bytes)
}

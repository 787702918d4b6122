import { ECDH } from 'node:crypto'
import { base58 } from '@scure/base'
import type { JsonObject } from '../json.ts'
import type { KeyType } from '../keys/key-store.ts'
import { decodeMultikey, type Multikey, parseMulticodecKey } from './multikey.ts'

/** A public key in the form of the key store: Ed25519 32 bytes; P-256 and secp256k1 the compressed point, 33 bytes. */
export interface PublicKey {
  type: KeyType
  publicKey: Uint8Array
}

const keyTypes: Partial<Record<Multikey['codec'], KeyType>> = {
  'ed25519-pub': 'Ed25519',
  'p256-pub': 'P-256',
  'secp256k1-pub': 'secp256k1',
}

const curves = { 'P-256': 'prime256v1', secp256k1: 'secp256k1' } as const

/** Types of methods whose bytes say nothing of their kind. */
const legacyTypes: Readonly<Record<string, KeyType>> = {
  Ed25519VerificationKey2018: 'Ed25519',
  EcdsaSecp256k1VerificationKey2019: 'secp256k1',
  EcdsaSecp256r1VerificationKey2019: 'P-256',
}

const longestText = 512

function fromBytes(type: KeyType, bytes: Uint8Array): PublicKey | undefined {
  if (type === 'Ed25519') return bytes.length === 32 ? { type, publicKey: bytes } : undefined
  const point = ECDH.convertKey(bytes, curves[type], undefined, undefined, 'compressed') as Buffer
  return { type, publicKey: new Uint8Array(point) }
}

function fromMultikey(multikey: Multikey | undefined): PublicKey | undefined {
  const type = multikey && keyTypes[multikey.codec]
  return type && fromBytes(type, multikey.publicKey)
}

function fromJwk({ kty, crv, x, y }: JsonObject): PublicKey | undefined {
  const bytes = (value: unknown) => Buffer.from(String(value), 'base64url')
  if (kty === 'OKP' && crv === 'Ed25519') return fromBytes('Ed25519', new Uint8Array(bytes(x)))
  if (kty !== 'EC' || (crv !== 'P-256' && crv !== 'secp256k1')) return undefined
  return fromBytes(crv, Buffer.concat([Buffer.from([4]), bytes(x), bytes(y)]))
}

function decode(method: JsonObject): PublicKey | undefined {
  const { type, publicKeyMultibase, publicKeyJwk, publicKeyBase58, publicKeyHex } = method
  const texts = [publicKeyMultibase, publicKeyBase58, publicKeyHex]
  if (texts.some((text) => typeof text === 'string' && text.length > longestText)) return undefined
  if (typeof publicKeyMultibase === 'string') return fromMultikey(decodeMultikey(publicKeyMultibase))
  if (typeof publicKeyJwk === 'object' && publicKeyJwk) return fromJwk(publicKeyJwk as JsonObject)
  const keyType = legacyTypes[String(type)]
  if (typeof publicKeyBase58 === 'string') {
    const bytes = base58.decode(publicKeyBase58)
    return type === 'Multikey'
      ? fromMultikey(parseMulticodecKey(bytes))
      : keyType && fromBytes(keyType, bytes)
  }
  if (typeof publicKeyHex === 'string') {
    return keyType && fromBytes(keyType, new Uint8Array(Buffer.from(publicKeyHex.replace(/^0x/, ''), 'hex')))
  }
  return undefined
}

/** The public key of a verification method; undefined when it has none of the key store's types, or a broken one. */
export function publicKeyOf(method: JsonObject): PublicKey | undefined {
  try {
    return decode(method)
  } catch {
    return undefined
  }
}

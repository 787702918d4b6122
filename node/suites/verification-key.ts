import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { base58 } from '@scure/base'
import type { JsonObject } from '../json.ts'
import type { MessageKeyType } from '../keys/key-store.ts'

/** A public key that checks signatures over one message, taken from a verification method. */
export interface VerificationKey {
  type: MessageKeyType
  key: KeyObject
}

/** SubjectPublicKeyInfo (RFC 5280, 4.1) up to the key's bytes: Ed25519 by RFC 8410, compressed points by RFC 5480. */
const spkiPrefix: Record<MessageKeyType, Buffer> = {
  Ed25519: Buffer.from('302a300506032b6570032100', 'hex'),
  'P-256': Buffer.from('3039301306072a8648ce3d020106082a8648ce3d030107032200', 'hex'),
  'P-384': Buffer.from('3046301006072a8648ce3d020106052b81040022033200', 'hex'),
  secp256k1: Buffer.from('3036301006072a8648ce3d020106052b8104000a032200', 'hex'),
}

const keyLength: Record<MessageKeyType, number> = { Ed25519: 32, 'P-256': 33, 'P-384': 49, secp256k1: 33 }

/** Multicodec prefixes of public keys, as varints: https://github.com/multiformats/multicodec. */
const multicodecs: readonly (readonly [string, MessageKeyType])[] = [
  ['ed01', 'Ed25519'],
  ['8024', 'P-256'],
  ['8124', 'P-384'],
  ['e701', 'secp256k1'],
]

const jwkCurves: Readonly<Record<string, MessageKeyType>> = {
  Ed25519: 'Ed25519',
  'P-256': 'P-256',
  'P-384': 'P-384',
  secp256k1: 'secp256k1',
}

function fromBytes(type: MessageKeyType, bytes: Uint8Array): VerificationKey | undefined {
  if (bytes.length !== keyLength[type]) return undefined
  const key = createPublicKey({
    key: Buffer.concat([spkiPrefix[type], bytes]),
    format: 'der',
    type: 'spki',
  })
  return { type, key }
}

function fromMultibase(multibase: string): VerificationKey | undefined {
  if (!multibase.startsWith('z') || multibase.length > 128) return undefined
  const bytes = base58.decode(multibase.slice(1))
  const codec = Buffer.from(bytes.subarray(0, 2)).toString('hex')
  const type = multicodecs.find(([prefix]) => prefix === codec)?.[1]
  return type && fromBytes(type, bytes.subarray(2))
}

function fromJwk(jwk: JsonObject): VerificationKey | undefined {
  const type = typeof jwk.crv === 'string' ? jwkCurves[jwk.crv] : undefined
  if (!type) return undefined
  const { kty, crv, x, y } = jwk as Record<'kty' | 'crv' | 'x' | 'y', string>
  return { type, key: createPublicKey({ key: { kty, crv, x, ...(y ? { y } : {}) }, format: 'jwk' }) }
}

function parse(method: JsonObject): VerificationKey | undefined {
  const { type, publicKeyMultibase, publicKeyBase58, publicKeyHex, publicKeyJwk } = method
  if (typeof publicKeyMultibase === 'string') return fromMultibase(publicKeyMultibase)
  if (typeof publicKeyJwk === 'object' && publicKeyJwk !== null) return fromJwk(publicKeyJwk as JsonObject)
  if (type === 'Ed25519VerificationKey2018' && typeof publicKeyBase58 === 'string') {
    return publicKeyBase58.length > 64 ? undefined : fromBytes('Ed25519', base58.decode(publicKeyBase58))
  }
  if (type === 'EcdsaSecp256k1VerificationKey2019' && typeof publicKeyHex === 'string') {
    return fromBytes('secp256k1', Buffer.from(publicKeyHex, 'hex'))
  }
  return undefined
}

/** The public key of a verification method; undefined when it holds none that is supported, or a broken one. */
export function verificationKey(method: JsonObject): VerificationKey | undefined {
  try {
    return parse(method)
  } catch {
    return undefined
  }
}

/**
 * Checks a raw signature, as `Signer.sign` makes it. ECDSA with a high `s` is accepted: neither RFC 7518, 3.4, nor
 * RFC 8812, 3.2, nor the ECDSA cryptosuites forbid it, and other signers make it. Nothing may therefore take a signed
 * text for the only one that says the same.
 */
export function verifySignature(
  { type, key }: VerificationKey,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (signature.length !== (type === 'P-384' ? 96 : 64)) return false
  if (type === 'Ed25519') return verify(null, message, key, signature)
  return verify(
    type === 'P-384' ? 'sha384' : 'sha256',
    message,
    { key, dsaEncoding: 'ieee-p1363' },
    signature,
  )
}

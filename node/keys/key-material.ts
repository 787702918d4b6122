import {
  createECDH,
  createPrivateKey,
  createPublicKey,
  ECDH,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  sign,
} from 'node:crypto'
import type { KeyType } from './key-store.ts'

/** What `node:crypto` needs to know about a type of key. */
interface KeyMaterial {
  generate(): KeyObject
  /** From 32 bytes. */
  import(privateKey: Uint8Array): KeyObject
  /** 32 bytes, or a compressed point of 33. */
  publicKey(key: KeyObject): Uint8Array
  /** 64 bytes, see `Signer.sign`. */
  sign(key: KeyObject, message: Uint8Array): Uint8Array
}

const SECP256K1_ORDER = 0xffff_ffff_ffff_ffff_ffff_ffff_ffff_fffe_baae_dce6_af48_a03b_bfd2_5e8c_d036_4141n

const ed25519: KeyMaterial = {
  generate: () => generateKeyPairSync('ed25519').privateKey,
  import: (privateKey) =>
    // PKCS #8 header of an Ed25519 private key (RFC 8410, 7)
    createPrivateKey({
      key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), privateKey]),
      format: 'der',
      type: 'pkcs8',
    }),
  publicKey: (key) => field(publicJwk(key), 'x'),
  sign: (key, message) => sign(null, message, key),
}

/** ECDSA over SHA-256; JOSE and OpenSSL have different names for one curve. */
function ecdsa(
  curve: { jwk: string; openssl: string },
  normalise: (signature: Buffer) => Uint8Array,
): KeyMaterial {
  return {
    generate: () => generateKeyPairSync('ec', { namedCurve: curve.openssl }).privateKey,
    import: (privateKey) => {
      const pair = createECDH(curve.openssl)
      pair.setPrivateKey(privateKey)
      const point = pair.getPublicKey()
      const base64url = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url')
      const [x, y] = [point.subarray(1, 33), point.subarray(33)].map(base64url) as [string, string]
      return createPrivateKey({
        key: { kty: 'EC', crv: curve.jwk, d: base64url(privateKey), x, y },
        format: 'jwk',
      })
    },
    publicKey: (key) => {
      const jwk = publicJwk(key)
      const point = Buffer.concat([Buffer.of(4), field(jwk, 'x'), field(jwk, 'y')])
      return ECDH.convertKey(point, curve.openssl, undefined, undefined, 'compressed') as Buffer
    },
    sign: (key, message) => normalise(sign('sha256', message, { key, dsaEncoding: 'ieee-p1363' })),
  }
}

function lowS(signature: Buffer): Uint8Array {
  const s = BigInt(`0x${signature.toString('hex', 32)}`)
  if (s <= SECP256K1_ORDER / 2n) return signature
  const other = (SECP256K1_ORDER - s).toString(16).padStart(64, '0')
  return Buffer.concat([signature.subarray(0, 32), Buffer.from(other, 'hex')])
}

function publicJwk(key: KeyObject): JsonWebKey {
  return createPublicKey(key as Parameters<typeof createPublicKey>[0]).export({ format: 'jwk' })
}

function field(jwk: JsonWebKey, name: 'x' | 'y' | 'd'): Buffer {
  return Buffer.from(jwk[name] as string, 'base64url')
}

/** Raw private key, 32 bytes. */
export function privateKeyBytes(key: KeyObject): Buffer {
  return field(key.export({ format: 'jwk' }), 'd')
}

export const keyMaterial: Readonly<Record<KeyType, KeyMaterial>> = {
  Ed25519: ed25519,
  'P-256': ecdsa({ jwk: 'P-256', openssl: 'prime256v1' }, (signature) => signature),
  secp256k1: ecdsa({ jwk: 'secp256k1', openssl: 'secp256k1' }, lowS),
}

import {
  createECDH,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  ECDH,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  sign,
} from 'node:crypto'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { IssuerError } from '../errors.ts'
import type { KeyType } from './key-store.ts'

/** What `node:crypto` needs to know about a type of key. */
interface KeyMaterial {
  /** Of a private key. */
  bytes: 32 | 48
  generate(): KeyObject
  import(privateKey: Uint8Array): KeyObject
  /** As `Signer.publicKey`. */
  publicKey(key: KeyObject): Uint8Array
  /** See `Signer.sign`. */
  sign(key: KeyObject, message: Uint8Array): Uint8Array
  /** See `Signer.signInBackground`. */
  signInBackground?(key: KeyObject, message: Uint8Array): Promise<Uint8Array>
}

const SECP256K1_ORDER = 0xffff_ffff_ffff_ffff_ffff_ffff_ffff_fffe_baae_dce6_af48_a03b_bfd2_5e8c_d036_4141n

const ed25519: KeyMaterial = {
  bytes: 32,
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
  signInBackground: (key, message) => background(null, message, key),
}

/** Signs in a thread of libuv: of an Ed25519 signature, 6 of 45 µs are left to the event loop (2 shared cores). */
function background(
  algorithm: string | null,
  message: Uint8Array,
  key: Parameters<typeof sign>[2],
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    sign(algorithm, message, key, (error, signature) => (error ? reject(error) : resolve(signature)))
  })
}

interface Curve {
  /** Names of the curve in JOSE and OpenSSL. */
  jwk: string
  openssl: string
  /** Of a coordinate. */
  bytes: 32 | 48
  hash: 'sha256' | 'sha384'
}

function ecdsa(curve: Curve, normalise = (signature: Buffer): Uint8Array => signature): KeyMaterial {
  return {
    bytes: curve.bytes,
    generate: () => generateKeyPairSync('ec', { namedCurve: curve.openssl }).privateKey,
    import: (privateKey) => {
      const pair = createECDH(curve.openssl)
      pair.setPrivateKey(privateKey)
      const point = pair.getPublicKey()
      const base64url = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url')
      const [x, y] = [point.subarray(1, 1 + curve.bytes), point.subarray(1 + curve.bytes)].map(base64url)
      return createPrivateKey({
        key: { kty: 'EC', crv: curve.jwk, d: base64url(privateKey), x, y } as JsonWebKey,
        format: 'jwk',
      })
    },
    publicKey: (key) => {
      const jwk = publicJwk(key)
      const point = Buffer.concat([Buffer.of(4), field(jwk, 'x'), field(jwk, 'y')])
      return ECDH.convertKey(point, curve.openssl, undefined, undefined, 'compressed') as Buffer
    },
    sign: (key, message) => normalise(sign(curve.hash, message, { key, dsaEncoding: 'ieee-p1363' })),
    signInBackground: async (key, message) =>
      normalise(await background(curve.hash, message, { key, dsaEncoding: 'ieee-p1363' })),
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

const { Point: G2 } = bls12_381.G2

/** A scalar as a secret of OpenSSL, which has no such curve. Noble refuses zero and what is not below the order. */
const bls12381g2: KeyMaterial = {
  bytes: 32,
  generate: () => createSecretKey(bls12_381.utils.randomSecretKey()),
  import: (privateKey) => {
    const key = createSecretKey(privateKey)
    bls12381g2.publicKey(key)
    return key
  },
  publicKey: (key) => G2.BASE.multiply(BigInt(`0x${key.export().toString('hex')}`)).toBytes(true),
  sign: () => {
    throw new IssuerError('SIGNING_FAILED', { detail: 'A Bls12381G2 key signs lists of messages alone.' })
  },
}

/** Raw private key, 32 or 48 bytes. */
export function privateKeyBytes(key: KeyObject): Buffer {
  if (key.type === 'secret') return key.export()
  return field(key.export({ format: 'jwk' }), 'd')
}

export const keyMaterial: Readonly<Record<KeyType, KeyMaterial>> = {
  Ed25519: ed25519,
  'P-256': ecdsa({ jwk: 'P-256', openssl: 'prime256v1', bytes: 32, hash: 'sha256' }),
  'P-384': ecdsa({ jwk: 'P-384', openssl: 'secp384r1', bytes: 48, hash: 'sha384' }),
  secp256k1: ecdsa({ jwk: 'secp256k1', openssl: 'secp256k1', bytes: 32, hash: 'sha256' }, lowS),
  Bls12381G2: bls12381g2,
}

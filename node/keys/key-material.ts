import {
  createECDH,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  ECDH,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { IssuerError } from '../errors.ts'
import type { KeyType, MessageKeyType } from './key-store.ts'
import { signMessage, signMessageInBackground } from './sign-message.ts'

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

const signing = (type: MessageKeyType): Pick<KeyMaterial, 'sign' | 'signInBackground'> => ({
  sign: (key, message) => signMessage(type, key, message),
  signInBackground: (key, message) => signMessageInBackground(type, key, message),
})

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
  ...signing('Ed25519'),
}

interface Curve {
  /** Names of the curve in JOSE and OpenSSL. */
  jwk: string
  openssl: string
  /** Of a coordinate. */
  bytes: 32 | 48
}

function ecdsa(type: MessageKeyType, curve: Curve): KeyMaterial {
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
    ...signing(type),
  }
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
  'P-256': ecdsa('P-256', { jwk: 'P-256', openssl: 'prime256v1', bytes: 32 }),
  'P-384': ecdsa('P-384', { jwk: 'P-384', openssl: 'secp384r1', bytes: 48 }),
  secp256k1: ecdsa('secp256k1', { jwk: 'secp256k1', openssl: 'secp256k1', bytes: 32 }),
  Bls12381G2: bls12381g2,
}

import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { p256 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { base58 } from '@scure/base'
import { encodeMultikey, multicodecKey } from '../../../node/did/multikey.ts'
import { publicKeyOf } from '../../../node/did/verification-method.ts'
import type { JsonObject } from '../../../node/json.ts'

const ed25519Jwk = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })
const ed25519Key = new Uint8Array(Buffer.from(ed25519Jwk.x as string, 'base64url'))
const curves = { 'P-256': p256, secp256k1 } as const
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

describe('the public key of a verification method', () => {
  it('is read from every form of an Ed25519 key', () => {
    const expected = { type: 'Ed25519', publicKey: ed25519Key }
    const publicKeyMultibase = encodeMultikey('ed25519-pub', ed25519Key)
    const methods: JsonObject[] = [
      { type: 'Multikey', publicKeyMultibase },
      { type: 'Ed25519VerificationKey2020', publicKeyMultibase },
      { type: 'Multikey', publicKeyBase58: base58.encode(multicodecKey('ed25519-pub', ed25519Key)) },
      { type: 'Ed25519VerificationKey2018', publicKeyBase58: base58.encode(ed25519Key) },
      { type: 'Ed25519VerificationKey2018', publicKeyHex: hex(ed25519Key) },
      { type: 'JsonWebKey2020', publicKeyJwk: { ...ed25519Jwk } as JsonObject },
    ]
    for (const method of methods) {
      assert.deepEqual(publicKeyOf(method), expected, JSON.stringify(method))
    }
  })

  for (const [type, codec] of [
    ['P-256', 'p256-pub'],
    ['secp256k1', 'secp256k1-pub'],
  ] as const) {
    it(`is read from every form of a ${type} key, compressed`, () => {
      const { keygen, Point } = curves[type]
      const { publicKey } = keygen()
      const full = Point.fromBytes(publicKey).toBytes(false)
      const coordinate = (from: number) => Buffer.from(full.subarray(from, from + 32)).toString('base64url')
      const jwk = { kty: 'EC', crv: type, x: coordinate(1), y: coordinate(33) }
      const legacy =
        type === 'P-256' ? 'EcdsaSecp256r1VerificationKey2019' : 'EcdsaSecp256k1VerificationKey2019'
      for (const method of [
        { type: 'Multikey', publicKeyMultibase: encodeMultikey(codec, publicKey) },
        { type: 'JsonWebKey', publicKeyJwk: jwk },
        { type: legacy, publicKeyHex: hex(publicKey) },
        { type: legacy, publicKeyHex: `0x${hex(full)}` },
      ]) {
        assert.deepEqual(publicKeyOf(method), { type, publicKey }, JSON.stringify(method))
      }
    })
  }

  it('is undefined where there is none of a known type', () => {
    const x25519 = encodeMultikey('x25519-pub', ed25519Key)
    for (const method of [
      { type: 'EcdsaSecp256k1RecoveryMethod2020', blockchainAccountId: 'eip155:1:0x' },
      { type: 'Multikey' },
      { type: 'Multikey', publicKeyMultibase: x25519 },
      { type: 'Multikey', publicKeyMultibase: encodeMultikey('p256-pub', new Uint8Array(33).fill(5)) },
      { type: 'Multikey', publicKeyBase58: base58.encode(ed25519Key) },
      { type: 'Unknown2030', publicKeyHex: hex(ed25519Key) },
      { type: 'Ed25519VerificationKey2018', publicKeyBase58: '0OIl' },
      { type: 'Ed25519VerificationKey2018', publicKeyBase58: base58.encode(ed25519Key.subarray(1)) },
      { type: 'JsonWebKey', publicKeyJwk: { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' } },
      { type: 'JsonWebKey', publicKeyJwk: { kty: 'RSA', n: 'AA', e: 'AQAB' } },
      { type: 'Multikey', publicKeyMultibase: `z${'1'.repeat(100_000)}` },
    ]) {
      assert.equal(publicKeyOf(method), undefined, JSON.stringify(method).slice(0, 200))
    }
  })
})

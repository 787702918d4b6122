import assert from 'node:assert/strict'
import { p256, p384 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { base58 } from '@scure/base'
import { type MessageKeyType, messageKeyTypes } from '../../../node/keys/key-store.ts'
import { verificationKey, verifySignature } from '../../../node/suites/verification-key.ts'
import { type Issuers, openIssuers } from './issuers.ts'

const message = Buffer.from('a message')
const codec: Record<MessageKeyType, string> = {
  Ed25519: 'ed01',
  'P-256': '8024',
  'P-384': '8124',
  secp256k1: 'e701',
}
const multibase = (type: MessageKeyType, publicKey: Uint8Array) =>
  `z${base58.encode(Buffer.concat([Buffer.from(codec[type], 'hex'), publicKey]))}`

describe('verificationKey', () => {
  let issuers: Issuers
  before(async () => {
    issuers = await openIssuers()
  })
  after(() => issuers.close())

  for (const type of messageKeyTypes) {
    it(`reads ${type} keys from every form that DID documents have for them`, async () => {
      const { publicKey, sign } = await issuers.keyStore.generate(type)
      const fromMultikey = verificationKey({
        type: 'Multikey',
        publicKeyMultibase: multibase(type, publicKey),
      })
      const jwk = fromMultikey?.key.export({ format: 'jwk' }) as Record<string, string>
      const older = {
        Ed25519: { type: 'Ed25519VerificationKey2018', publicKeyBase58: base58.encode(publicKey) },
        'P-256': { type: 'JsonWebKey2020', publicKeyJwk: { ...jwk, use: 'sig' } },
        'P-384': { type: 'JsonWebKey2020', publicKeyJwk: { ...jwk, use: 'sig' } },
        secp256k1: {
          type: 'EcdsaSecp256k1VerificationKey2019',
          publicKeyHex: Buffer.from(publicKey).toString('hex'),
        },
      }[type]
      const signature = await sign(message)
      for (const key of [
        fromMultikey,
        verificationKey({ type: 'JsonWebKey', publicKeyJwk: jwk }),
        verificationKey(older),
      ]) {
        assert.equal(key?.type, type)
        assert.ok(key && verifySignature(key, message, signature))
        assert.ok(!verifySignature(key, Buffer.from('another'), signature))
        assert.ok(!verifySignature(key, message, signature.subarray(0, -1)))
        assert.ok(!verifySignature(key, message, new Uint8Array(signature.length)))
      }
    })
  }

  it('accepts both halves of the order as s, as no specification forbids one', async () => {
    for (const [type, { Point }] of [
      ['P-256', p256],
      ['P-384', p384],
      ['secp256k1', secp256k1],
    ] as const) {
      const { publicKey, sign } = await issuers.keyStore.generate(type)
      const key = verificationKey({ publicKeyMultibase: multibase(type, publicKey) })
      const signature = Buffer.from(await sign(message))
      const half = signature.length / 2
      const s = Point.Fn.ORDER - BigInt(`0x${signature.subarray(half).toString('hex')}`)
      const other = Buffer.from(s.toString(16).padStart(2 * half, '0'), 'hex')
      const twin = Buffer.concat([signature.subarray(0, half), other])
      assert.ok(key && verifySignature(key, message, twin), type)
    }
  })

  it('gives nothing for what is no key, or a broken one', async () => {
    const { publicKey } = await issuers.keyStore.generate('Ed25519')
    // BBS checks lists of messages.
    const { did: bls } = await issuers.create('key', 'Bls12381G2')
    for (const method of [
      {},
      { publicKeyMultibase: '' },
      { publicKeyMultibase: 'z' },
      { publicKeyMultibase: 'z0OIl' },
      { publicKeyMultibase: `u${Buffer.from(publicKey).toString('base64url')}` },
      { publicKeyMultibase: `z${'1'.repeat(100_000)}` },
      { publicKeyMultibase: multibase('P-256', publicKey) },
      { publicKeyMultibase: multibase('P-256', new Uint8Array(33).fill(255)) },
      { publicKeyMultibase: multibase('P-384', new Uint8Array(49).fill(255)) },
      { publicKeyMultibase: bls.slice('did:key:'.length) },
      { publicKeyMultibase: multibase('Ed25519', publicKey.subarray(1)) },
      { publicKeyJwk: { kty: 'OKP', crv: 'X25519', x: Buffer.from(publicKey).toString('base64url') } },
      { publicKeyJwk: { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' } },
      { publicKeyJwk: { kty: 'oct', crv: 'Ed25519', k: 'AA' } },
      { type: 'EcdsaSecp256k1VerificationKey2019', publicKeyHex: '00' },
      { type: 'EcdsaSecp256k1RecoveryMethod2020', blockchainAccountId: `eip155:1:0x${'0'.repeat(40)}` },
      { type: 'Ed25519VerificationKey2018', publicKeyBase58: '1'.repeat(100_000) },
    ]) {
      assert.equal(verificationKey(method), undefined, JSON.stringify(method).slice(0, 80))
    }
  })
})

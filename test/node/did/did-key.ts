import assert from 'node:assert/strict'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { ed25519 } from '@noble/curves/ed25519.js'
import { parse } from 'did-resolver'
import fc from 'fast-check'
import { resolveDidKey } from '../../../node/did/did-key.ts'
import { encodeMultikey } from '../../../node/did/multikey.ts'

const noResolver = { resolve: () => assert.fail('did:key needs no other resolver') }

async function resolve(did: string) {
  const parsed = parse(did)
  assert(parsed)
  return resolveDidKey(did, parsed, noResolver, {})
}

// Test vectors of https://w3c-ccg.github.io/did-key-spec/; for BLS12-381 the generator.
const signingKeys = {
  secp256k1: 'zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme',
  'P-256': 'zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv',
  'P-384': 'z82Lm1MpAkeJcix9K8TMiLd5NMAhnwkjjCBeWHXyu3U4oT2MVJJKXkcVBgjGhnLBn2Kaau9',
  Bls12381G2: encodeMultikey('bls12_381-g2-pub', bls12_381.G2.Point.BASE.toBytes(true)),
}

describe('did:key', () => {
  it('resolves Ed25519 with the X25519 key of the specification', async () => {
    const multibase = 'z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK'
    const did = `did:key:${multibase}`
    const agreement = `${did}#z6LSj72tK8brWgZja8NLRwPigth2T9QRiG1uH9oKZuKjdh9p`
    const { didDocument } = await resolve(did)
    assert.deepEqual(didDocument?.verificationMethod?.[0], {
      id: `${did}#${multibase}`,
      type: 'Multikey',
      controller: did,
      publicKeyMultibase: multibase,
    })
    assert.deepEqual(didDocument?.assertionMethod, [`${did}#${multibase}`])
    assert.deepEqual(didDocument?.keyAgreement, [agreement])
  })

  it('derives the X25519 key that noble derives', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 32, maxLength: 32 }), async (secret) => {
        const publicKey = ed25519.getPublicKey(secret)
        const did = `did:key:${encodeMultikey('ed25519-pub', publicKey)}`
        const expected = encodeMultikey('x25519-pub', ed25519.utils.toMontgomery(publicKey))
        assert.deepEqual((await resolve(did)).didDocument?.keyAgreement, [`${did}#${expected}`])
      }),
      { numRuns: 20 },
    )
  })

  for (const [name, multibase] of Object.entries(signingKeys)) {
    it(`resolves ${name}`, async () => {
      const did = `did:key:${multibase}`
      const { didDocument, didResolutionMetadata } = await resolve(did)
      assert.equal(didResolutionMetadata.error, undefined)
      assert.equal(didDocument?.verificationMethod?.[0]?.publicKeyMultibase, multibase)
      for (const relationship of ['authentication', 'assertionMethod'] as const) {
        assert.deepEqual(didDocument?.[relationship], [`${did}#${multibase}`])
      }
      assert.equal(didDocument?.keyAgreement, undefined)
    })
  }

  it('gives a key agreement key no right to sign', async () => {
    const did = `did:key:${encodeMultikey('x25519-pub', new Uint8Array(32).fill(9))}`
    const { didDocument } = await resolve(did)
    assert.equal(didDocument?.assertionMethod, undefined)
    assert.equal(didDocument?.keyAgreement?.length, 1)
  })

  it('refuses keys that are none', async () => {
    const offCurve = encodeMultikey('p256-pub', new Uint8Array(33).fill(5))
    const yIsOne = encodeMultikey('ed25519-pub', Uint8Array.from([1, ...new Array(31).fill(0)]))
    const rsa = 'z4MXj1wBzi9jUstyPMS4jQqB6KdJaiatPkAtVtGc6bQEQEEsKTic'
    const blsIdentity = encodeMultikey('bls12_381-g2-pub', bls12_381.G2.Point.ZERO.toBytes(true))
    const noBls = encodeMultikey('bls12_381-g2-pub', new Uint8Array(96).fill(0x80))
    for (const id of [offCurve, blsIdentity, noBls, yIsOne, rsa, 'z6Mk', 'abc', 'u7QE']) {
      assert.equal((await resolve(`did:key:${id}`)).didResolutionMetadata.error, 'invalidDid', id)
    }
  })
})

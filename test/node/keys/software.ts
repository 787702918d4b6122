import assert from 'node:assert/strict'
import { createPublicKey, randomBytes, verify } from 'node:crypto'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { ed25519 } from '@noble/curves/ed25519.js'
import { p256, p384 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { type KeyStore, keyTypes, messageKeyTypes, type SignMessages } from '../../../node/keys/key-store.ts'
import { createSecretBox } from '../../../node/keys/secret-box.ts'
import { createSoftwareKeyStore } from '../../../node/keys/software.ts'
import { type Database, openDatabase } from '../../../node/stores/database.ts'
import { createKeyTable } from '../../../node/stores/keys.ts'

const message = new TextEncoder().encode('a message')
const checkers = {
  Ed25519: (s: Uint8Array, key: Uint8Array) => ed25519.verify(s, message, key),
  'P-256': (s: Uint8Array, key: Uint8Array) => p256.verify(s, message, key, { lowS: false }),
  'P-384': (s: Uint8Array, key: Uint8Array) => p384.verify(s, message, key, { lowS: false }),
  secp256k1: (s: Uint8Array, key: Uint8Array) => secp256k1.verify(s, message, key, { lowS: true }),
}

const publicKeys = {
  Ed25519: ed25519.getPublicKey,
  'P-256': p256.getPublicKey,
  'P-384': p384.getPublicKey,
  secp256k1: secp256k1.getPublicKey,
  Bls12381G2: (scalar: Uint8Array) => bls12_381.shortSignatures.getPublicKey(scalar).toBytes(true),
}

describe('createSoftwareKeyStore', () => {
  let database: Database
  let keys: KeyStore
  const kek = randomBytes(32)
  const storeWith = (key: Uint8Array, signMessages?: SignMessages) =>
    createSoftwareKeyStore({
      table: createKeyTable(database),
      secrets: createSecretBox(key),
      ...(signMessages && { signMessages }),
    })

  beforeEach(async () => {
    database = await openDatabase({ file: ':memory:' })
    keys = storeWith(kek)
  })

  afterEach(() => database.destroy())

  for (const type of messageKeyTypes) {
    it(`makes ${type} keys whose signatures others verify, also after a restart`, async () => {
      const made = await keys.generate(type)
      const again = await storeWith(kek).requireSigner(made.keyRef)
      assert.deepEqual(again.publicKey, made.publicKey)
      assert.equal(made.publicKey.length, { Ed25519: 32, 'P-384': 49 }[type as string] ?? 33)
      for (const signer of [made, again])
        for (const sign of [signer.sign, signer.signInBackground, signer.sign, signer.signInBackground]) {
          assert.ok(sign)
          const signature = await sign(message)
          assert.equal(signature.length, type === 'P-384' ? 96 : 64)
          assert.ok(checkers[type](new Uint8Array(signature), new Uint8Array(signer.publicKey)))
        }
    })
  }

  for (const type of keyTypes) {
    const bytes = type === 'P-384' ? 48 : 32

    it(`takes in a ${type} key and refuses what is none`, async () => {
      const privateKey = randomBytes(bytes).fill(1, 0, 1)
      const signer = await keys.importKey(type, privateKey)
      assert.deepEqual(new Uint8Array(signer.publicKey), publicKeys[type](new Uint8Array(privateKey)))
      for (const length of [bytes - 1, bytes + 1, 80 - bytes]) {
        await assert.rejects(keys.importKey(type, randomBytes(length)), { code: 'MALFORMED_REQUEST' })
      }
    })

    if (type === 'Ed25519') continue
    it(`refuses a ${type} scalar of zero, and one that is not below the order`, async () => {
      for (const scalar of [new Uint8Array(bytes), new Uint8Array(bytes).fill(255)]) {
        await assert.rejects(keys.importKey(type, scalar), { code: 'MALFORMED_REQUEST' })
      }
    })
  }

  it('signs lists of messages with Bls12381G2 keys alone, and no single ones', async () => {
    const list = { scheme: 'BBS', header: Buffer.of(1), messages: [Buffer.of(2), Buffer.of(3)] } as const
    let lent: Uint8Array = Buffer.alloc(0)
    const store = storeWith(kek, async (key, { messages }) => {
      lent = key.privateKey
      return Uint8Array.from([...publicKeys.Bls12381G2(new Uint8Array(lent)), messages.length])
    })
    const { keyRef, publicKey, signMessages } = await store.generate('Bls12381G2')
    assert.deepEqual(await signMessages?.(list), Uint8Array.from([...publicKey, 2]))
    assert.deepEqual(lent, Buffer.alloc(32))
    const again = await storeWith(kek).requireSigner(keyRef)
    assert.deepEqual(again.publicKey, publicKey)
    assert.throws(() => again.sign(message), { code: 'SIGNING_FAILED' })
    for (const type of messageKeyTypes) {
      assert.equal((await store.generate(type)).signMessages, undefined)
    }
  })

  it('verifies Ed25519 of RFC 8032, 7.1, test 3', async () => {
    const signer = await keys.importKey(
      'Ed25519',
      Buffer.from('c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7', 'hex'),
    )
    assert.equal(
      Buffer.from(await signer.sign(Buffer.from('af82', 'hex'))).toString('hex'),
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
    )
    const x = Buffer.from(signer.publicKey).toString('base64url')
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
    assert.ok(verify(null, message, key, await signer.sign(message)))
  })

  it('signs digests so that the public key can be recovered', async () => {
    const { keyRef, publicKey } = await keys.generate('secp256k1')
    const signer = await keys.requireDigestSigner(keyRef)
    for (let i = 0; i < 8; i++) {
      const digest = new Uint8Array(randomBytes(32))
      const signature = await signer.signDigest(digest)
      const recovered = Uint8Array.from([(signature[64] as number) - 27, ...signature.subarray(0, 64)])
      assert.deepEqual(
        secp256k1.recoverPublicKey(recovered, digest, { prehash: false }),
        new Uint8Array(publicKey),
      )
    }
  })

  it('gives a digest signer for secp256k1 keys alone', async () => {
    const { keyRef } = await keys.generate('P-256')
    await assert.rejects(keys.requireDigestSigner(keyRef), { code: 'KEY_NOT_FOUND' })
  })

  it('keeps private keys encrypted and bound to their name and type', async () => {
    const privateKey = randomBytes(32)
    const { keyRef } = await keys.importKey('Ed25519', privateKey)
    const other = await keys.generate('Ed25519')
    const rows = await database.selectFrom('keys').selectAll().execute()
    for (const form of ['hex', 'base64', 'base64url'] as const)
      assert.ok(!JSON.stringify(rows).includes(privateKey.toString(form)))
    await assert.rejects(storeWith(randomBytes(32)).requireSigner(keyRef), { code: 'KEY_STORE_UNAVAILABLE' })
    await database
      .updateTable('keys')
      .set({ wrapped: rows.find((row) => row.key_ref === keyRef)?.wrapped as string })
      .where('key_ref', '=', other.keyRef)
      .execute()
    await assert.rejects(storeWith(kek).requireSigner(other.keyRef), { code: 'KEY_STORE_UNAVAILABLE' })
  })

  it('forgets a destroyed key', async () => {
    const { keyRef } = await keys.generate('Ed25519')
    await keys.destroy(keyRef)
    await assert.rejects(keys.requireSigner(keyRef), { code: 'KEY_NOT_FOUND' })
  })
})

import assert from 'node:assert/strict'
import type { CredentialPayload, VerifiableCredential } from '@veramo/core'
import { createAgent, type VeramoAgent } from '../../../node/agent/agent.ts'
import { kms } from '../../../node/agent/key-management.ts'
import { formats } from '../../../node/formats/index.ts'
import type { JsonObject } from '../../../node/json.ts'
import { type KeyStore, type KeyType, keyTypes } from '../../../node/keys/key-store.ts'
import { createSuites } from '../../../node/suites/index.ts'
import type { Suite } from '../../../node/suites/suite.ts'
import {
  degree,
  degreeContextUrl,
  documentLoader,
  type Issuers,
  now,
  openIssuers,
} from '../suites/issuers.ts'

/** Suites that sign, with a key that Veramo knows, what verifies as it is. */
let requireDigestSigner: KeyStore['requireDigestSigner']
const embedded = createSuites({
  publicUrl: 'http://127.0.0.1:3000',
  digestSigners: (keyRef) => requireDigestSigner(keyRef),
}).filter(
  ({ format, keyTypes, derive }) =>
    format === 'data-integrity' && !derive && keyTypes.some((type) => type !== 'Bls12381G2'),
)

describe('the Veramo agent', () => {
  let issuers: Issuers
  let agent: VeramoAgent

  before(async () => {
    issuers = await openIssuers()
    const { keyStore, records: dids, resolver, resolveKey } = issuers
    requireDigestSigner = keyStore.requireDigestSigner
    const proofs = { suites: embedded, resolveKey, documentLoader, now: () => now }
    agent = createAgent({ keyStore, dids, resolver, proofs })
  })
  after(() => issuers.close())

  const credential = (suite: Suite, did: string): CredentialPayload => {
    const [dataModel = '2.0'] = suite.dataModels
    const contexts = [degreeContextUrl, ...suite.contexts(dataModel)]
    const content = degree(did, { dataModel, contexts, credentialStatus: [] })
    // EIP-712 has no type for fractions
    content.claims = JSON.parse(JSON.stringify(content.claims).replace('3.8', '4'))
    const document = formats[0]?.construct(content)
    return document as unknown as CredentialPayload
  }

  it('knows the DIDs and keys of the node', async () => {
    const { did, key } = await issuers.create('ethr', 'Ed25519')
    const identifier = await agent.didManagerGet({ did })
    assert.equal(identifier.provider, 'did:ethr')
    assert.deepEqual(identifier.keys, [
      {
        kid: key.signer.keyRef,
        kms,
        type: 'Ed25519',
        publicKeyHex: Buffer.from(key.signer.publicKey).toString('hex'),
        meta: { algorithms: ['EdDSA'] },
      },
    ])
    assert.ok((await agent.didManagerFind({ provider: 'did:ethr' })).some((found) => found.did === did))
    assert.deepEqual(await agent.didManagerFind({ provider: 'did:web' }), [])
    await assert.rejects(agent.didManagerGet({ did: 'did:example:none' }), { code: 'DID_NOT_FOUND' })
    const { didDocument } = await agent.resolveDid({ didUrl: did })
    assert.equal(didDocument?.id, did)
  })

  it('reads DIDs and writes none', async () => {
    const { did } = await issuers.create('ethr', 'Ed25519')
    const identifier = { did, keys: [], services: [], provider: 'did:ethr' }
    await assert.rejects(agent.didManagerImport(identifier), { code: 'FORBIDDEN' })
    await assert.rejects(agent.didManagerSetAlias({ did, alias: 'mine' }), { code: 'FORBIDDEN' })
  })

  it('makes, imports, uses and deletes keys in the node’s key store', async () => {
    const made = await agent.keyManagerCreate({ kms, type: 'Ed25519' })
    assert.ok(!('privateKeyHex' in made))
    const signature = await agent.keyManagerSign({ keyRef: made.kid, data: 'a message', algorithm: 'EdDSA' })
    const signer = await issuers.keyStore.requireSigner(made.kid)
    const expected = await signer.sign(Buffer.from('a message'))
    assert.equal(signature, Buffer.from(expected).toString('base64url'))
    await agent.keyManagerDelete({ kid: made.kid })
    await assert.rejects(agent.keyManagerGet({ kid: made.kid }), { code: 'KEY_NOT_FOUND' })
    const privateKeyHex = '11'.repeat(32)
    const imported = await agent.keyManagerImport({ kms, type: 'Secp256k1', privateKeyHex })
    assert.ok(!('privateKeyHex' in imported))
    assert.deepEqual((await agent.keyManagerGet({ kid: imported.kid })).meta, { algorithms: ['ES256K'] })
  })

  it('signs with an algorithm of the key’s type alone', async () => {
    const { kid } = await agent.keyManagerCreate({ kms, type: 'Secp256k1' })
    for (const algorithm of ['EdDSA', 'ES256', 'eth_signTransaction', 'eth_rawSign']) {
      await assert.rejects(agent.keyManagerSign({ keyRef: kid, data: 'aa', algorithm }), {
        code: 'KEY_NOT_FOUND',
      })
    }
    await assert.rejects(agent.keyManagerCreate({ kms, type: 'X25519' }), { code: 'KEY_NOT_FOUND' })
  })

  it('lists the proof formats of each type of key', async () => {
    const formatsOf = Object.fromEntries(
      await Promise.all(
        keyTypes.map(async (type) => {
          const { did } = await issuers.create('ethr', type)
          return [type, await agent.listUsableProofFormats(await agent.didManagerGet({ did }))] as const
        }),
      ),
    )
    const namesFor = (type: KeyType) =>
      embedded.filter((suite) => suite.keyTypes.includes(type)).map(({ name }) => name)
    assert.ok(namesFor('P-256').includes('ecdsa-rdfc-2019'))
    assert.deepEqual(formatsOf, {
      Ed25519: ['jwt', ...namesFor('Ed25519')],
      'P-256': ['jwt', ...namesFor('P-256')],
      secp256k1: ['jwt', ...namesFor('secp256k1')],
      'P-384': [],
      Bls12381G2: [],
    })
  })

  for (const suite of embedded) {
    it(`issues and verifies ${suite.name}`, async () => {
      const { did } = await issuers.create('ethr', suite.keyTypes[0] as KeyType)
      const issued = await agent.createVerifiableCredential({
        credential: credential(suite, did),
        proofFormat: suite.name,
      })
      const { proof: _, ...document } = issued
      assert.deepEqual(document, credential(suite, did))
      const verdict = await suite.verify(issued as unknown as JsonObject, {
        resolveKey: issuers.resolveKey,
        documentLoader,
        now,
      })
      assert.equal(verdict.status, 'pass', verdict.reason)
      assert.equal((await agent.verifyCredential({ credential: issued })).verified, true)
      const tampered = { ...issued, id: 'urn:uuid:00000000-0000-4000-8000-000000000000' }
      const refused = await agent.verifyCredential({ credential: tampered as VerifiableCredential })
      assert.equal(refused.verified, false)
      assert.equal(refused.error?.errorCode, 'fail')
    })
  }

  it('refuses to issue for a DID that is not here, or without a fitting key', async () => {
    const [suite] = embedded as [Suite]
    const elsewhere = credential(suite, 'did:ethr:0x7a69:0x0000000000000000000000000000000000000000')
    await assert.rejects(agent.createVerifiableCredential({ credential: elsewhere, proofFormat: suite.name }))
    const { did } = await issuers.create('ethr', 'P-256')
    await assert.rejects(
      agent.createVerifiableCredential({ credential: credential(suite, did), proofFormat: suite.name }),
      { code: 'ASSERTION_KEY_MISSING' },
    )
  })

  it('secures no presentations with the suites yet, and says so', async () => {
    const { did } = await issuers.create('ethr', 'Ed25519')
    await assert.rejects(
      agent.createVerifiablePresentation({ presentation: { holder: did }, proofFormat: 'eddsa-jcs-2022' }),
      /not_supported/,
    )
  })
})

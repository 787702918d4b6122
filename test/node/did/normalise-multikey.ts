import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { base58 } from '@scure/base'
import type { DIDDocument } from 'did-resolver'
import { encodeMultikey, multicodecKey } from '../../../node/did/multikey.ts'
import { normaliseMultikey } from '../../../node/did/normalise-multikey.ts'
import { bundledContexts } from '../../../node/suites/contexts/bundled-contexts.ts'

// It brings no types.
const jsonld = createRequire(import.meta.url)('jsonld')

const did = `did:ethr:0x7a69:0x${'ab'.repeat(20)}`
const didContext = 'https://www.w3.org/ns/did/v1'
const recoveryContext = 'https://w3id.org/security/suites/secp256k1recovery-2020/v2'
const unstableContext = 'https://w3id.org/security/v3-unstable'
const multikeyContext = 'https://w3id.org/security/multikey/v1'

const publicKey = new Uint8Array(32).fill(3)
const controller = {
  id: `${did}#controller`,
  type: 'EcdsaSecp256k1RecoveryMethod2020',
  controller: did,
  blockchainAccountId: 'eip155:31337:0xabababababababababababababababababababab',
}
const multikey = {
  id: `${did}#delegate-1`,
  type: 'Multikey',
  controller: did,
  publicKeyBase58: base58.encode(multicodecKey('ed25519-pub', publicKey)),
}
const legacy = {
  id: `${did}#delegate-2`,
  type: 'Ed25519VerificationKey2018',
  controller: did,
  publicKeyBase58: base58.encode(publicKey),
}

const documentOf = (...methods: NonNullable<DIDDocument['verificationMethod']>): DIDDocument => ({
  id: did,
  verificationMethod: methods,
  authentication: [`${did}#controller`],
  assertionMethod: methods.map(({ id }) => id),
  '@context': [didContext, recoveryContext, unstableContext],
})

describe('normaliseMultikey', () => {
  it('replaces publicKeyBase58 of a Multikey by publicKeyMultibase and keeps its id', () => {
    const { verificationMethod } = normaliseMultikey(documentOf(controller, multikey, legacy))
    const normalised = {
      id: multikey.id,
      type: 'Multikey',
      controller: did,
      publicKeyMultibase: encodeMultikey('ed25519-pub', publicKey),
    }
    assert.deepEqual(verificationMethod, [controller, normalised, legacy])
  })

  it('replaces it in a method embedded in a relationship, too', () => {
    const embedded = { ...documentOf(controller), assertionMethod: [multikey] }
    const [method] = normaliseMultikey(embedded).assertionMethod ?? []
    assert.deepEqual(Object.keys(method as object).sort(), ['controller', 'id', 'publicKeyMultibase', 'type'])
  })

  it('drops references to methods that are not there', () => {
    const dangling = { ...documentOf(controller), keyAgreement: [`${did}#delegate-3`] }
    assert.equal('keyAgreement' in normaliseMultikey(dangling), false)
    const partly = {
      ...documentOf(controller, legacy),
      assertionMethod: [legacy.id, `${did}#delegate-9`, controller.id],
    }
    assert.deepEqual(normaliseMultikey(partly).assertionMethod, [legacy.id, controller.id])
  })

  it('names the contexts that define the terms in use', () => {
    const contexts = (...methods: Parameters<typeof documentOf>) =>
      normaliseMultikey(documentOf(...methods))['@context']
    assert.deepEqual(contexts(controller), [didContext, recoveryContext])
    assert.deepEqual(contexts(controller, multikey), [didContext, multikeyContext, recoveryContext])
    assert.deepEqual(contexts(controller, legacy), [didContext, recoveryContext, unstableContext])
    assert.deepEqual(contexts(multikey), [didContext, multikeyContext])
    assert.deepEqual(contexts(), [didContext])
  })

  it('adds no context where the document has none', () => {
    const { '@context': _, ...plain } = documentOf(controller, multikey)
    assert.equal('@context' in normaliseMultikey(plain), false)
  })

  it('changes nothing the second time, and never its input', () => {
    const document = documentOf(controller, multikey, legacy)
    const before = structuredClone(document)
    const once = normaliseMultikey(document)
    assert.deepEqual(normaliseMultikey(once), once)
    assert.deepEqual(document, before)
  })

  it('makes JSON-LD that no term is dropped from', async () => {
    const documentLoader = async (url: string) => {
      const document = bundledContexts.get(url)
      assert(document, url)
      return { contextUrl: null, documentUrl: url, document }
    }
    const normalised = normaliseMultikey({ ...documentOf(multikey), authentication: [multikey.id] })
    const [expanded] = await jsonld.expand(normalised, { documentLoader, safe: true })
    const [key] = expanded['https://w3id.org/security#verificationMethod']
    assert.deepEqual(key['@type'], ['https://w3id.org/security#Multikey'])
    assert.deepEqual(key['https://w3id.org/security#publicKeyMultibase'], [
      {
        '@type': 'https://w3id.org/security#multibase',
        '@value': encodeMultikey('ed25519-pub', publicKey),
      },
    ])
  })
})

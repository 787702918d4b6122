import assert from 'node:assert/strict'
import type { JsonObject } from '../../../../node/json.ts'
import type { TestNode } from '../../../node.ts'
import {
  credential,
  issue,
  makeDid,
  openToSuites,
  refusesToIssue,
  refusesToVerify,
  v2,
  verifies,
} from './vc-api-node.ts'

// What https://github.com/w3c/vc-data-model-2.0-test-suite sends and expects, section by section.

const example = 'https://example.org/#'

describe('data model 2.0 by the VC API', () => {
  let node: TestNode
  let issuer: string
  const accepts = (changes: JsonObject) => issue(node, credential({ issuer, ...changes }))
  const refuses = (changes: JsonObject) => refusesToIssue(node, credential({ issuer, ...changes }))
  const without = async (name: string) => {
    const { [name]: _, ...rest } = credential({ issuer })
    await refusesToIssue(node, rest)
  }

  before(async () => {
    node = await openToSuites()
    issuer = await makeDid(node, 'key', ['Ed25519'])
  })
  after(() => node?.close())

  it('1.3 secures what it issues and verifies what is secured', async () => {
    const secured = await accepts({})
    assert.deepEqual((secured['@context'] as unknown[])[0], v2)
    assert.equal(secured.proof.type, 'DataIntegrityProof')
    assert.equal(secured.proof.cryptosuite, 'eddsa-rdfc-2022')
    await verifies(node, secured, { checks: ['proof'] })
    await refusesToVerify(node, credential({ issuer }))
  })

  it('4.3 contexts', async () => {
    await without('@context')
    await refuses({ '@context': ['https://www.w3.org/ns/credentials/examples/v2', v2] })
    await accepts({ '@context': [v2, 'https://www.w3.org/ns/credentials/examples/v2'] })
    await accepts({
      '@context': [v2, { Example: `${example}Example` }],
      type: ['VerifiableCredential', 'Example'],
    })
    await refuses({ '@context': [v2, 'https ://not-a-url/contexts/example/v1'] })
    await refuses({ '@context': [v2, 123192875] })
  })

  it('4.4 identifiers', async () => {
    await accepts({ id: 'did:example:credential' })
    await accepts({ id: 'https://example.org/credentials/1' })
    await accepts({ credentialSubject: { id: 'urn:example:1', type: `${example}Person` } })
    for (const id of [null, ['did:example:a', 'did:example:b'], 'not a url', 'not-a-url'])
      await refuses({ id })
    for (const id of [['did:example:a', 'did:example:b'], 'not-a-url'])
      await refuses({ credentialSubject: { id } })
  })

  it('4.5 types', async () => {
    await without('type')
    await accepts({ type: ['VerifiableCredential', `${example}Type`] })
    await accepts({ type: [`${example}Type`, 'VerifiableCredential', `${example}Other`] })
    await refuses({ type: ['VerifiableCredential', 'Unmapped'] })
    await refuses({ type: [`${example}Type`] })
    await refuses({
      '@context': [v2, { Bad: 'not a url' }],
      type: ['VerifiableCredential', 'Bad'],
    })
    const typed = { id: 'https://example.org/thing/1', type: `${example}Thing` }
    for (const name of ['credentialStatus', 'termsOfUse', 'evidence', 'refreshService', 'credentialSchema']) {
      await accepts({ [name]: typed })
      await accepts({ [name]: [typed, { ...typed, id: 'https://example.org/thing/2' }] })
      await refuses({ [name]: { id: typed.id } })
    }
  })

  it('4.6 names and descriptions', async () => {
    const english = { '@value': 'Example', '@language': 'en' }
    const good = ['Example', english, { ...english, '@direction': 'ltr' }]
    const many = [english, { '@value': 'مثال', '@language': 'ar', '@direction': 'rtl' }]
    for (const name of ['name', 'description']) {
      for (const value of [...good, many]) {
        await accepts({ [name]: value })
        await accepts({ issuer: { id: issuer, [name]: value } })
      }
      const bad = { ...english, url: 'did:example:more' }
      await refuses({ [name]: bad })
      await refuses({ issuer: { id: issuer, [name]: bad } })
    }
  })

  it('4.7 issuer', async () => {
    await accepts({ issuer: { id: issuer } })
    for (const value of ['not-a-url', { id: null }, { id: 'not-a-url' }, 4]) await refuses({ issuer: value })
  })

  it('4.8 subjects', async () => {
    await without('credentialSubject')
    await accepts({ credentialSubject: [{ id: 'did:example:a' }, { id: 'did:example:b' }] })
    await refuses({ credentialSubject: {} })
    await refuses({ credentialSubject: [{ id: 'did:example:a' }, {}] })
  })

  it('4.9 validity', async () => {
    for (const name of ['validFrom', 'validUntil']) {
      for (const date of ['2023-07-01T00:00:00.123Z', '2023-07-01T00:00:00-04:00', '2999-01-01T00:00:00Z'])
        await accepts({ [name]: date })
      for (const date of ['Thursday', '2023-07-01', '2023-07-01T00:00:00Z junk', 7])
        await refuses({ [name]: date })
    }
    await accepts({ validFrom: '2020-01-01T00:00:00Z', validUntil: '2021-01-01T00:00:00Z' })
    await accepts({ validFrom: '2020-01-01T00:00:00Z', validUntil: '2020-01-01T00:00:00Z' })
    await refuses({ validFrom: '2021-01-01T00:00:00Z', validUntil: '2020-01-01T00:00:00Z' })
  })

  it('4.10 status', async () => {
    const type = `${example}Status`
    await accepts({ credentialStatus: { type } })
    await refuses({ credentialStatus: { type, id: ['did:example:a', 'did:example:b'] } })
    await refuses({ credentialStatus: { type, id: 'not-a-url' } })
    await refuses({ credentialStatus: { type: 'Unmapped', id: 'did:example:a' } })
  })

  it('4.11 schemas', async () => {
    const type = `${example}Schema`
    await refuses({ credentialSchema: { type } })
    await refuses({ credentialSchema: { type, id: 4 } })
    await refuses({ credentialSchema: { type, id: 'not-a-url' } })
  })

  it('5.3 related resources', async () => {
    const resource = {
      id: 'https://w3c.github.io/vc-data-model/related-resource.json',
      digestSRI: 'sha256-ca3d163bab055381827226140568f3bef7eaac187cebd76878e0b63e9e442356',
    }
    await accepts({ relatedResource: [resource] })
    await accepts({ relatedResource: [{ ...resource, mediaType: 'application/json' }] })
    await refuses({ relatedResource: ['https://example.org/a', 'https://example.org/b'] })
    await refuses({ relatedResource: [{ digestSRI: resource.digestSRI }] })
    await refuses({ relatedResource: [resource, resource] })
    await refuses({ relatedResource: [{ id: resource.id }] })
  })

  it('5.2 refuses to have its terms defined again', async () => {
    await refuses({ '@context': [v2, { VerifiableCredential: `${example}VerifiableCredential` }] })
    const own = { '@protected': true, Example: `${example}Example` }
    await refuses({
      '@context': [v2, own, { Example: `${example}Other` }],
      type: ['VerifiableCredential', 'Example'],
    })
  })
})

import assert from 'node:assert/strict'
import { contextViolations } from '../../../node/documents/embedded-context.ts'
import type { Json, JsonObject } from '../../../node/json.ts'

const pointers = (document: JsonObject) => contextViolations(document).map(({ pointer }) => pointer)
const nested = (levels: number): Json => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`)
const values = (count: number): Json => Array.from({ length: count }, () => 1)

describe('contextViolations', () => {
  it('lets contexts stand at the top by their URLs, and in a proof', () => {
    const contexts = ['https://www.w3.org/ns/credentials/v2']
    assert.deepEqual(pointers({ '@context': contexts, proof: { '@context': contexts } }), [])
    assert.deepEqual(pointers({ '@context': ['https://example.org/a', {}, null] }), [
      '/@context/1',
      '/@context/2',
    ])
    assert.deepEqual(pointers({ '@context': Array.from({ length: 33 }, (_, i) => `urn:${i}`) }), [
      '/@context',
    ])
  })

  it('lets a suite take inline contexts, with what stands in them, as they are', () => {
    const scoped = { Degree: { '@id': 'urn:degree', '@context': { gpa: 'urn:gpa' } } }
    const at = (document: JsonObject) =>
      contextViolations(document, { inline: true }).map(({ pointer }) => pointer)
    assert.deepEqual(
      at({ '@context': ['https://example.org/a', scoped], proof: { '@context': [scoped] } }),
      [],
    )
    assert.deepEqual(at({ '@context': ['https://example.org/a', null, 7] }), ['/@context/1', '/@context/2'])
    assert.deepEqual(at({ a: { '@context': scoped } }), ['/a/@context'])
    assert.deepEqual(at({ '@context': [{ a: nested(32) }] }), [''])
    assert.deepEqual(at({ '@context': [{ a: values(6_000) }] }), [''])
  })

  it('refuses contexts and keywords that speak for another part, wherever they stand', () => {
    for (const name of ['@context', '@included', '@reverse', '@nest', '@graph']) {
      const document = {
        a: [{ 'b/c': { [name]: {} } }],
        proof: { domain: { [name]: {} } },
        proofs: { [name]: {} },
      }
      const at = [`/a/0/b~1c/${name}`, `/proof/domain/${name}`, `/proofs/${name}`]
      assert.deepEqual(pointers(document), at)
    }
    for (const name of ['@included', '@reverse', '@nest', '@graph'])
      assert.deepEqual(pointers({ [name]: {} }), [`/${name}`])
  })

  it('lets the credentials of a presentation name contexts of their own, by their URLs', () => {
    const contexts = ['https://www.w3.org/ns/credentials/v2']
    const credential = { '@context': contexts, proof: [{ '@context': contexts }] }
    const presentation = { type: 'VerifiablePresentation', verifiableCredential: [credential] }
    assert.deepEqual(pointers({ ...presentation, verifiableCredential: credential }), [])
    assert.deepEqual(pointers(presentation), [])
    assert.deepEqual(pointers({ ...presentation, type: 'VerifiableCredential' }), [
      '/verifiableCredential/0/@context',
      '/verifiableCredential/0/proof/0/@context',
    ])
    const inline = { '@context': [...contexts, {}], credentialSubject: { '@context': contexts } }
    assert.deepEqual(pointers({ ...presentation, verifiableCredential: [inline] }), [
      '/verifiableCredential/0/@context/1',
      '/verifiableCredential/0/credentialSubject/@context',
    ])
  })

  it('refuses what is too deep or too much to work with, and stops there', () => {
    assert.deepEqual(pointers({ a: nested(31) }), [])
    assert.deepEqual(pointers({ a: nested(32) }), [''])
    assert.deepEqual(pointers({ a: nested(500_000) }), [''])
    assert.deepEqual(pointers({ a: values(5_998) }), [])
    assert.deepEqual(pointers({ a: values(5_999) }), [''])
    assert.deepEqual(pointers({ proof: { domain: values(6_000) } }), [''])
  })
})

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { hasInlineContext, nameInlineContexts } from '../../../node/documents/inline-contexts.ts'
import type { IssuerError } from '../../../node/errors.ts'
import type { JsonObject } from '../../../node/json.ts'

const v2 = 'https://www.w3.org/ns/credentials/v2'

describe('nameInlineContexts', () => {
  it('names the contexts of a document and of the credentials that it presents, and nothing else', () => {
    const own = { a: 'urn:a' }
    const credential = { '@context': [v2, own], credentialSubject: { a: 1 } }
    const presentation = { '@context': [v2, own], verifiableCredential: [credential, 'token'] }
    const named = nameInlineContexts(presentation)
    assert.ok(hasInlineContext(presentation))
    assert.ok(!hasInlineContext(named))
    assert.deepEqual(named.verifiableCredential, [
      { '@context': [v2, 'urn:inline/verifiableCredential/0/@context/1'], credentialSubject: { a: 1 } },
      'token',
    ])
    assert.deepEqual(nameInlineContexts(credential)['@context'], [v2, 'urn:inline/@context/1'])
  })

  it('refuses a context that would have to be fetched, or that is too much', () => {
    for (const context of [
      { '@import': 'https://example.org/a' },
      { a: { '@id': 'urn:a', '@context': 'https://example.org/a' } },
      { a: 'x'.repeat(40_000) },
    ]) {
      assert.throws(
        () => nameInlineContexts({ '@context': [v2, context] }),
        (error: IssuerError) => error.code === 'MALFORMED_REQUEST' && error.violations.length > 0,
      )
    }
  })

  it('leaves every document without inline contexts as it is', () => {
    const document = fc.dictionary(fc.string(), fc.jsonValue()) as fc.Arbitrary<JsonObject>
    fc.assert(
      fc.property(document, (value) => {
        fc.pre(!hasInlineContext(value))
        assert.equal(JSON.stringify(nameInlineContexts(value)), JSON.stringify(value))
      }),
    )
  })
})

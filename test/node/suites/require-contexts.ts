import assert from 'node:assert/strict'
import type { JsonObject } from '../../../node/json.ts'
import { createDocumentLoader } from '../../../node/suites/document-loader.ts'
import { requireContexts } from '../../../node/suites/require-contexts.ts'

const v2 = 'https://www.w3.org/ns/credentials/v2'
const url = 'https://issuer.example/terms/v1'
const terms = (count: number): JsonObject =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`t${i}`, `https://issuer.example/terms#t${i}`]))
/** A context whose type brings terms of its own: 40 bytes each. */
const context = (count: number): JsonObject => ({
  '@context': { T: { '@id': 'https://issuer.example/terms#T', '@context': terms(count) } },
})
const nodes = (count: number): JsonObject[] => Array.from({ length: count }, (_, i) => ({ type: 'T', t1: i }))

describe('the contexts of a document', () => {
  const check = async (own: JsonObject, document: JsonObject) =>
    await requireContexts(
      document,
      createDocumentLoader({ extra: async (asked) => (asked === url ? own : undefined) }),
    )
  const named = (count: number): JsonObject => ({ '@context': [v2, url], credentialSubject: nodes(count) })

  it('are those that the loader gives', async () => {
    await check(context(1), named(1))
    const other = { '@context': [v2, 'https://issuer.example/other'] }
    await assert.rejects(check(context(1), other), { code: 'SIGNING_FAILED' })
  })

  it('may apply to many nodes or be large, but not both', async () => {
    await check(context(40), named(2_000))
    await check(context(700), named(150))
    const refused = { code: 'MALFORMED_REQUEST', message: /too many nodes/ }
    await assert.rejects(check(context(700), named(1_900)), refused)
    const { '@context': inline } = context(700)
    await assert.rejects(
      check({}, { '@context': [v2, inline as JsonObject], credentialSubject: nodes(1_900) }),
      refused,
    )
  })

  it('are asked for once of one loader, and judged for every document', async () => {
    let asked = 0
    const loader = createDocumentLoader({
      extra: async (asks) => {
        if (asks !== url) return undefined
        asked++
        return context(700)
      },
    })
    const check = async (document: JsonObject) => await requireContexts(document, loader)
    await check(named(1))
    await check(named(2))
    assert.equal(asked, 1)
    await assert.rejects(check(named(1_900)), { code: 'MALFORMED_REQUEST', message: /too many nodes/ })
    const joined = { '@context': [`${v2} ${url}`] }
    await assert.rejects(check(joined), { code: 'SIGNING_FAILED' }, 'two URLs in one text are another list')
    await check({ '@context': v2, verifiableCredential: [named(1)] })
    assert.equal(asked, 2, 'those of a credential in another document')
  })

  it('without contexts inside them are no work, however many nodes there are', async () => {
    await check({ '@context': terms(700) }, named(5_000))
  })
})

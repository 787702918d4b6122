import assert from 'node:assert/strict'
import type { JsonObject } from '../../../node/json.ts'
import {
  bundledContexts,
  contextDigest,
  credentialTermsUrl,
  ownContexts,
} from '../../../node/suites/contexts/bundled-contexts.ts'
import { createDocumentLoader } from '../../../node/suites/document-loader.ts'
import { degreeContext } from './issuers.ts'

const none = async () => undefined
const asked: string[] = []
const loaderOf = (contexts: Record<string, JsonObject>) =>
  createDocumentLoader({
    extra: async (url) => {
      asked.push(url)
      return contexts[url]
    },
  })
const tagOf = (loaded: object) => (loaded as { tag?: string }).tag

describe('createDocumentLoader', () => {
  beforeEach(() => asked.splice(0))

  it('gives the bundled contexts, without asking further', async () => {
    const load = loaderOf({ 'https://www.w3.org/ns/credentials/v2': { '@context': {} } })
    for (const [url, document] of bundledContexts) {
      const loaded = await load(url)
      assert.deepEqual(loaded, { contextUrl: null, documentUrl: url, document, tag: 'static' })
    }
    assert.deepEqual(asked, [])
  })

  it('gives this project’s own contexts by their digest, whichever node serves them', async () => {
    const load = createDocumentLoader({ extra: none })
    for (const node of ['https://one.example', 'https://two.example/behind/a/path/']) {
      const { document } = await load(credentialTermsUrl(node))
      assert.ok([...ownContexts.values()].includes(document))
    }
  })

  it('gives a content-addressed context of a schema only when its digest is right', async () => {
    const right = `https://node.example/api/v1/contexts/${contextDigest(degreeContext)}.jsonld`
    const wrong = `https://node.example/api/v1/contexts/${'0'.repeat(64)}.jsonld`
    const load = loaderOf({ [right]: degreeContext, [wrong]: degreeContext })
    assert.equal(tagOf(await load(right)), 'static')
    await assert.rejects(load(wrong), /neither bundled nor pinned/)
  })

  it('lets no cache keep a context whose URL does not settle its bytes', async () => {
    const url = 'https://example.org/context'
    const loaded = await loaderOf({ [url]: degreeContext })(url)
    assert.equal(loaded.document, degreeContext)
    assert.equal(tagOf(loaded), undefined)
  })

  it('refuses every other URL', async () => {
    const load = createDocumentLoader({ extra: none })
    for (const url of [
      'https://schema.org/',
      'http://127.0.0.1:1/x',
      'file:///etc/passwd',
      'did:key:z6Mk',
      '',
    ]) {
      await assert.rejects(load(url), { code: 'SIGNING_FAILED' })
    }
  })
})

import assert from 'node:assert/strict'
import { IssuerError } from '../../../../node/errors.ts'
import type { JsonObject } from '../../../../node/json.ts'
import { contextDigest } from '../../../../node/suites/contexts/bundled-contexts.ts'
import { createDocumentLoader } from '../../../../node/suites/document-loader.ts'
import { inRdfThread } from '../../../../node/suites/rdf/in-rdf-thread.ts'

const url = 'https://issuer.example/terms/v1'
const context = (term: string): JsonObject => ({
  '@context': { name: `https://issuer.example/terms#${term}`, also: 'https://issuer.example/terms#also' },
})
const document = (own: string): JsonObject => ({
  '@context': [own],
  '@id': 'urn:example:1',
  name: 'Ada',
})

/** Canonical N-Quads of a document, and the contexts that the loader was asked for. */
async function canonize(own: string, find: (asked: string) => Promise<JsonObject | undefined>) {
  const asked: string[] = []
  const extra = (one: string) => {
    asked.push(one)
    return find(one)
  }
  const input = { suite: 'eddsa-rdfc-2022', document: document(own) }
  const quads = await inRdfThread('canonize', input, createDocumentLoader({ extra }))
  return { quads, asked }
}

const quad = (term: string) => `<urn:example:1> <https://issuer.example/terms#${term}> "Ada" .\n`

describe('contexts in threads', () => {
  it('come from the loader, with those that they import in turn', async () => {
    const outer = 'https://issuer.example/outer'
    const found = new Map([
      [outer, { '@context': { '@version': 1.1, '@import': url } }],
      [url, context('imported')],
    ])
    const { quads, asked } = await canonize(outer, async (one) => found.get(one))
    assert.equal(quads, quad('imported'))
    assert.deepEqual(asked, [outer, url])
  })

  it('mean for one document what its own loader gives, whatever another one gave', async () => {
    for (const term of ['name', 'title', 'name']) {
      const { quads } = await canonize(url, async () => context(term))
      assert.equal(quads, quad(term))
    }
  })

  it('are remembered where their URL settles them, and only then believed', async () => {
    const settled = `https://issuer.example/contexts/${contextDigest(context('settled'))}.jsonld`
    const other = () => canonize(settled, async () => context('other'))
    await assert.rejects(other(), /neither bundled nor pinned/)
    const first = await canonize(settled, async () => context('settled'))
    assert.deepEqual(first, { quads: quad('settled'), asked: [settled] })
  })

  it('that a loader refuses are refused by its own error', async () => {
    await assert.rejects(
      canonize(url, async () => undefined),
      { code: 'SIGNING_FAILED', message: /terms\/v1 is neither/ },
    )
    const outage = async () => {
      throw new IssuerError('CHAIN_UNREACHABLE')
    }
    await assert.rejects(canonize(url, outage), { code: 'CHAIN_UNREACHABLE', retryable: true })
  })

  it('leave to an error of the library its words', async () => {
    const stranger = { ...document(url), stranger: 1 }
    const load = createDocumentLoader({ extra: async () => context('name') })
    await assert.rejects(inRdfThread('canonize', { suite: 'eddsa-rdfc-2022', document: stranger }, load), {
      message: 'The term "stranger" is not defined by any context of the document.',
    })
  })
})

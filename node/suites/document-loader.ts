import { IssuerError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { bundledContexts, contextDigest, ownContexts } from './contexts/bundled-contexts.ts'
import type { DocumentLoader } from './suite.ts'

const contentAddressed = /\/contexts\/([0-9a-f]{64})\.jsonld$/

interface ContextSource {
  /** Contexts of schemas, pinned by digest by their owner; undefined for a URL that it does not know. */
  extra(url: string): Promise<JsonObject | undefined>
}

/**
 * Tagged `static`, a context is parsed once a process: jsonld keeps it by its URL. With it 1,000 signatures of
 * eddsa-rdfc-2022 took a third of the time. So only what its URL alone determines is tagged: a bundled context, or
 * one whose URL holds its digest. A URL that two schemas pin to different bytes must not cross over.
 */
const loaded = (url: string, document: JsonObject, unchanging: boolean) => ({
  contextUrl: null,
  documentUrl: url,
  document,
  ...(unchanging ? { tag: 'static' } : {}),
})

/**
 * A loader of the bundled contexts, this project's own (by the digest in their URL, whichever node serves them) and
 * those that `extra` gives. Nothing is fetched from a network.
 * @throws SIGNING_FAILED for every other URL
 */
export function createDocumentLoader({ extra }: ContextSource): DocumentLoader {
  return async (url) => {
    const bundled = bundledContexts.get(url)
    if (bundled) return loaded(url, bundled, true)
    const digest = contentAddressed.exec(url)?.[1]
    const own = digest === undefined ? undefined : ownContexts.get(digest)
    if (own) return loaded(url, own, true)
    const context = await extra(url)
    if (!context || (digest !== undefined && contextDigest(context) !== digest)) {
      throw new IssuerError('SIGNING_FAILED', {
        detail: `The JSON-LD context ${url} is neither bundled nor pinned by the schema.`,
      })
    }
    return loaded(url, context, digest !== undefined)
  }
}

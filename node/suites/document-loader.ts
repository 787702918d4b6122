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
 * Whether a context's URL settles its bytes: a bundled one, or one whose URL holds its digest. A URL that two schemas
 * pin to different bytes must not cross over from one to the other by any cache.
 */
export function isUnchanging(url: string): boolean {
  return bundledContexts.has(url) || contentAddressed.test(url)
}

/** Tagged `static`, a context is resolved once a process, jsonld keeping it by its URL: a tenth of the time to sign. */
const loaded = (url: string, document: JsonObject) => ({
  contextUrl: null,
  documentUrl: url,
  document,
  ...(isUnchanging(url) ? { tag: 'static' } : {}),
})

/**
 * A loader of the bundled contexts, this project's own (by the digest in their URL, whichever node serves them) and
 * those that `extra` gives. Nothing is fetched from a network.
 * @throws SIGNING_FAILED for every other URL
 */
export function createDocumentLoader({ extra }: ContextSource): DocumentLoader {
  return async (url) => {
    const bundled = bundledContexts.get(url)
    if (bundled) return loaded(url, bundled)
    const digest = contentAddressed.exec(url)?.[1]
    const own = digest === undefined ? undefined : ownContexts.get(digest)
    if (own) return loaded(url, own)
    const context = await extra(url)
    if (!context || (digest !== undefined && contextDigest(context) !== digest)) {
      throw new IssuerError('SIGNING_FAILED', {
        detail: `The JSON-LD context ${url} is neither bundled nor pinned by the schema.`,
      })
    }
    return loaded(url, context)
  }
}

import { BoundedCache } from '../bounded-cache.ts'
import { IssuerError } from '../errors.ts'
import type { Json, JsonObject } from '../json.ts'
import { bundledContexts } from './contexts/bundled-contexts.ts'
import type { DocumentLoader } from './suite.ts'

/**
 * Linked data libraries read a context that stands in a term's definition again for every node that it applies to:
 * 1,900 nodes under one of 28 KB took 2.8 s, 3,400 nodes under two of 13 KB 5.5 s. The product of nodes and bytes is
 * bounded at what takes about half a second; a context of 2 KB may still apply to 4,000 nodes.
 */
const mostWork = 8_000_000

const contextsOf = (document: Json): Json[] =>
  typeof document === 'object' && document !== null
    ? ([(document as JsonObject)['@context'] ?? []].flat() as Json[])
    : []

const scoped = new WeakMap<object, number>()

/** Bytes of the contexts inside the definitions of a context's terms. */
function scopedBytes(context: JsonObject): number {
  const known = scoped.get(context)
  if (known !== undefined) return known
  const definitions = contextsOf(context).flatMap((part) =>
    typeof part === 'object' && part !== null ? Object.values(part) : [],
  )
  const bytes = definitions
    .flatMap((definition) => contextsOf(definition as Json))
    .reduce<number>((sum, part) => sum + JSON.stringify(part).length, 0)
  scoped.set(context, bytes)
  return bytes
}

function countNodes(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let nodes = Array.isArray(value) ? 0 : 1
  for (const name of Object.keys(value)) {
    if (name !== '@context') nodes += countNodes((value as JsonObject)[name])
  }
  return nodes
}

/** Bytes of the contexts within terms, by the lists of contexts that a loader has given: few, as a batch has one. */
const checked = new WeakMap<DocumentLoader, BoundedCache<string, number>>()
const mostLists = 10

/** The contexts of a document without others in it, where all of them are URLs; as JSON, which tells any two lists apart. */
function urlsOf({ '@context': contexts, verifiableCredential }: JsonObject): string | undefined {
  if (verifiableCredential !== undefined || !Array.isArray(contexts)) return undefined
  return contexts.every((context) => typeof context === 'string') ? JSON.stringify(contexts) : undefined
}

/**
 * Asks the loader for every context that a document names, or one of the credentials in it. Undefined, and no promise,
 * when it has given the same ones before: the documents of a batch have one loader.
 * @throws what the loader throws for one it refuses, MALFORMED_REQUEST when the document is too much work with them
 */
export function requireContexts(
  document: JsonObject,
  documentLoader: DocumentLoader,
): Promise<void> | undefined {
  const urls = urlsOf(document)
  const known = urls === undefined ? undefined : checked.get(documentLoader)?.get(urls)
  if (known === undefined) return load(document, documentLoader, urls)
  limitWork(document, known)
  return undefined
}

async function load(document: JsonObject, documentLoader: DocumentLoader, named?: string): Promise<void> {
  const bytes = await loadContexts(document, documentLoader)
  limitWork(document, bytes)
  if (named === undefined) return
  const known = checked.get(documentLoader) ?? new BoundedCache<string, number>(mostLists)
  checked.set(documentLoader, known)
  known.set(named, bytes)
}

/** Gives the bytes of the contexts within terms. */
async function loadContexts(document: JsonObject, documentLoader: DocumentLoader): Promise<number> {
  const credentials = [document.verifiableCredential ?? []].flat() as Json[]
  const urls = [...new Set([document, ...credentials].flatMap(contextsOf))]
  const own = urls.filter((url): url is string => typeof url === 'string')
  const loaded = await Promise.all(own.map((url) => documentLoader(url)))
  const foreign = loaded.filter(({ documentUrl }) => !bundledContexts.has(documentUrl))
  const inline = urls.filter((context) => typeof context === 'object' && context !== null)
  return [...foreign.map((context) => context.document), { '@context': inline }].reduce(
    (sum, context) => sum + scopedBytes(context),
    0,
  )
}

function limitWork(document: JsonObject, bytes: number): void {
  if (bytes === 0 || bytes * countNodes(document) <= mostWork) return
  throw new IssuerError('MALFORMED_REQUEST', {
    detail: 'The document has too many nodes for the contexts inside the terms of its contexts.',
  })
}

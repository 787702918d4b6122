import { isDeepStrictEqual } from 'node:util'
import jsonld from 'jsonld'
import { BoundedCache } from '../../bounded-cache.ts'
import type { JsonObject } from '../../json.ts'
import { inRdfThread } from '../rdf/in-rdf-thread.ts'
import type { DocumentLoader } from '../suite.ts'
import { contextTerms } from './context-terms.ts'
import { replaceSlots, type SlotValue, shapeOf } from './shape.ts'
import { placeholder, type Template, templateOf } from './template.ts'

/** Of a shape seen once nothing is known: compiling costs as much as expanding twice, and it may never come again. */
type Compiled = 'seen' | Promise<Template | undefined>

const compiled = new BoundedCache<string, Compiled>(500)

/**
 * Expands a document without jsonld, as jsonld did an earlier one of the same shape; undefined where jsonld has to do it:
 * for a new shape, and where what it does depends on a value. Expansion is nine tenths of the cost of a proof over RDF,
 * and contexts and shape settle it; everything after it, from blank nodes to number formats, is left to jsonld.
 */
export async function expandCompiled(
  document: JsonObject,
  documentLoader: DocumentLoader,
): Promise<readonly object[] | undefined> {
  const contexts = [document['@context'] ?? []].flat()
  if (contexts.length === 0 || !contexts.every((url) => typeof url === 'string')) return undefined
  const terms = await termsOf(contexts, documentLoader)
  const shape = terms && shapeOf(document, terms)
  if (!shape) return undefined
  const { key, slots } = shape
  const known = compiled.get(key)
  if (known === undefined) compiled.set(key, 'seen')
  if (known === 'seen') compiled.set(key, compile({ document, terms, slots }, documentLoader))
  return typeof known === 'object' ? (await known)?.(slots) : undefined
}

/** Undefined also for a context that the loader refuses: jsonld comes upon it, too, and says so. */
async function termsOf(urls: readonly string[], documentLoader: DocumentLoader) {
  try {
    return await contextTerms(urls, documentLoader)
  } catch {
    return undefined
  }
}

/**
 * A template for the shape of a document; undefined when jsonld refuses such documents, or when the template does not
 * give for this one what jsonld gives.
 */
async function compile(
  {
    document,
    terms,
    slots,
  }: { document: JsonObject; terms: ReadonlySet<string>; slots: readonly SlotValue[] },
  documentLoader: DocumentLoader,
): Promise<Template | undefined> {
  const expand = (input: JsonObject) => jsonld.expand(input, { documentLoader, base: null, safe: true })
  try {
    const placeholders = slots.map(placeholder)
    const expanded = await expand(replaceSlots(document, terms, placeholders))
    const template = templateOf(expanded, placeholders)
    return template && isDeepStrictEqual(template(slots), await expand(document)) ? template : undefined
  } catch {
    return undefined
  }
}

/** What the canonical text of a document depends on, besides the suite and the loader. */
interface CanonizeOptions {
  documentLoader: DocumentLoader
  messageDigestAlgorithm?: string
}

/**
 * Lets a suite canonicalise the documents that it signs, and the options of its proofs, by compiled expansion, and the
 * others in a thread: they are the large ones, and the first of a shape. With compiled expansion a thread is no gain:
 * measured on two cores with eddsa-rdfc-2022, 32 at a time, the event loop has 0.22 ms of work for each document, 0.17 to
 * 0.21 when a thread does this part, while both together have 0.30 and 0.42 to 0.52. For signing alone: who verifies is
 * handed documents of any shape by anybody.
 */
export function compileExpansion<Suite extends Pick<LibrarySuite, 'canonize'>>(
  suite: Suite,
  name: string,
): Suite {
  const canonize = suite.canonize.bind(suite)
  suite.canonize = async (input, options) => {
    const document = input as JsonObject
    const { documentLoader, messageDigestAlgorithm } = options as CanonizeOptions
    const expanded = await expandCompiled(document, documentLoader)
    if (expanded) return canonize(expanded, { ...options, skipExpansion: true })
    const asked = { suite: name, document, ...(messageDigestAlgorithm && { messageDigestAlgorithm }) }
    return inRdfThread('canonize', asked, documentLoader)
  }
  return suite
}

import { isDeepStrictEqual } from 'node:util'
import jsonld from 'jsonld'
import { BoundedCache } from '../../bounded-cache.ts'
import type { JsonObject } from '../../json.ts'
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

/**
 * Lets a suite canonicalise the documents that it signs, and the options of its proofs, by compiled expansion. For
 * signing alone: who verifies is handed documents of any shape by anybody.
 */
export function compileExpansion<Suite extends Pick<LibrarySuite, 'canonize'>>(suite: Suite): Suite {
  const canonize = suite.canonize.bind(suite)
  suite.canonize = async (document, options) => {
    const { documentLoader } = options as { documentLoader: DocumentLoader }
    const expanded = await expandCompiled(document as JsonObject, documentLoader)
    return expanded ? canonize(expanded, { ...options, skipExpansion: true }) : canonize(document, options)
  }
  return suite
}

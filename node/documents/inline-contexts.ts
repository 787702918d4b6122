import { IssuerError } from '../errors.ts'
import type { Json, JsonObject } from '../json.ts'
import { inlineContextViolations } from '../schemas/inline-context.ts'
import { pointerTo } from '../schemas/json-pointer.ts'

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Whether a document, or a credential of a presentation, brings a context of its own. */
export function hasInlineContext(document: Json | undefined): boolean {
  if (!isObject(document)) return false
  const parts = [document.verifiableCredential ?? []].flat() as Json[]
  return [document['@context']].flat().some(isObject) || parts.some(hasInlineContext)
}

/**
 * A copy whose inline contexts have names instead, for what reads members and not their meaning: the checks of a
 * document refuse inline contexts, since RDF signs no names, and whoever holds a credential could give its claims
 * each other's. Only where a caller knows that is a document read with them.
 * @throws MALFORMED_REQUEST when an inline context names another one, or is too much to work with
 */
export function nameInlineContexts(document: JsonObject, pointer = ''): JsonObject {
  const { '@context': context, verifiableCredential } = document
  const at = pointerTo(pointer, '@context')
  const named = Array.isArray(context)
    ? context.map((item, index) => (isObject(item) ? nameOf(item, pointerTo(at, index)) : item))
    : context
  const presented = (item: Json, where: string) => (isObject(item) ? nameInlineContexts(item, where) : item)
  const inside = pointerTo(pointer, 'verifiableCredential')
  return {
    ...document,
    ...(named !== undefined && { '@context': named as Json }),
    ...(Array.isArray(verifiableCredential)
      ? { verifiableCredential: verifiableCredential.map((item, i) => presented(item, pointerTo(inside, i))) }
      : isObject(verifiableCredential) && { verifiableCredential: presented(verifiableCredential, inside) }),
  }
}

function nameOf(context: JsonObject, pointer: string): string {
  const violations = inlineContextViolations({ '@context': context }, pointer)
  if (violations.length > 0) {
    throw new IssuerError('MALFORMED_REQUEST', { detail: 'An inline context is refused.', violations })
  }
  return `urn:inline${pointer}`
}

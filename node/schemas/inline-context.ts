import type { Violation } from '../errors.ts'
import type { Json, JsonObject } from '../json.ts'
import { pointerTo } from './json-pointer.ts'
import { measureJson } from './measure-json.ts'

const limits = { depth: 20, values: 5_000, bytes: 32_768 }

/**
 * What is wrong with a context document that comes with a schema: it must be `{"@context": …}` and stand for itself, so
 * that nothing has to be fetched to read it.
 */
export function inlineContextViolations(document: JsonObject, pointer: string): Violation[] {
  const unfit = measureJson(document, pointer, limits)
  if (unfit.length > 0) return unfit
  const names = Object.keys(document)
  if (names.length !== 1 || names[0] !== '@context') {
    return [{ pointer, message: 'must be an object with the one member @context' }]
  }
  return remoteParts(document['@context'] as Json, pointerTo(pointer, '@context'))
}

/** Whether the document itself defines a term at its top. */
export function definesTerm(document: JsonObject, term: string): boolean {
  return [document['@context'] ?? []].flat().some((context) => {
    return typeof context === 'object' && context !== null && Object.hasOwn(context, term)
  })
}

function remoteParts(context: Json, pointer: string): Violation[] {
  if (typeof context === 'string') return [{ pointer, message: 'must not name another context' }]
  if (Array.isArray(context)) {
    return context.flatMap((part: Json, index: number) => remoteParts(part, pointerTo(pointer, index)))
  }
  if (context === null) return []
  if (typeof context !== 'object') return [{ pointer, message: 'must be a context' }]
  return Object.entries(context as JsonObject).flatMap(([term, definition]): Violation[] => {
    const at = pointerTo(pointer, term)
    if (term === '@import') return [{ pointer: at, message: 'must not name another context' }]
    if (typeof definition !== 'object' || definition === null || !('@context' in definition)) return []
    return remoteParts((definition as JsonObject)['@context'] as Json, pointerTo(at, '@context'))
  })
}

import type { Json, JsonObject } from '../../json.ts'

export type SlotValue = string | number

/**
 * What documents have in common that jsonld expands in the same way: everything but the values of their slots, which
 * are numbers, and strings that no context gives a meaning.
 */
export interface Shape {
  /** Equal for documents of one shape under the same contexts. */
  key: string
  /** In the order of the document. */
  slots: readonly SlotValue[]
}

// What jsonld takes for absolute, narrowed to the schemes of RFC 3986, 3.1. It looks the part before the colon up in
// the contexts, unless `//` follows.
const absoluteIri = /^([A-Za-z][A-Za-z0-9+.-]*:(?:\/\/)?)\S*$/

/** The part of an absolute IRI that jsonld looks at; undefined for every other string. */
export function iriPrefix(value: string): string | undefined {
  return absoluteIri.exec(value)?.[1]
}

/** Longer keys are not worth keeping. */
const maxKeyLength = 8_192

/** Which kind of slot a value is in; undefined where it may mean something: a term, a keyword, a blank node. */
function slotKind(value: Json | undefined, terms: ReadonlySet<string>): string | undefined {
  if (typeof value === 'number') return 'n'
  if (typeof value !== 'string' || value === '' || terms.has(value) || /^(@|_:)/.test(value)) return undefined
  const prefix = iriPrefix(value)
  return prefix === undefined ? 's' : `i${prefix}`
}

/** A keyword such as `@language` settles what its value is: the value belongs to the shape. */
const isSettled = (name: string, value: Json | undefined): boolean =>
  typeof value === 'string' && name.startsWith('@') && name !== '@value' && name !== '@id'

/** A text with its length, so that it cannot be taken for anything else. */
const quoted = (text: string): string => `${text.length}"${text}`

/**
 * The shape of a document; undefined when it is too large, has a context within, or holds what is no JSON. `terms` are
 * all words that the contexts of the document may define.
 */
export function shapeOf(document: JsonObject, terms: ReadonlySet<string>): Shape | undefined {
  const { '@context': context, ...content } = document
  const slots: SlotValue[] = []
  let key = quoted(JSON.stringify(context))

  function draw(value: Json | undefined): boolean {
    if (key.length > maxKeyLength) return false
    const kind = slotKind(value, terms)
    if (kind === undefined) return drawClosed(value)
    slots.push(value as SlotValue)
    key += `${kind},`
    return true
  }

  function drawClosed(value: Json | undefined): boolean {
    if (Array.isArray(value)) return drawArray(value)
    if (typeof value === 'object' && value !== null) return drawObject(value as JsonObject)
    if (value === undefined) return false
    key += typeof value === 'string' ? quoted(value) : `${value},`
    return true
  }

  function drawArray(items: readonly Json[]): boolean {
    key += '['
    const isDrawn = items.every(draw)
    key += ']'
    return isDrawn
  }

  function drawObject(object: JsonObject): boolean {
    key += '{'
    for (const name of Object.keys(object)) {
      if (name === '@context' || name === '__proto__') return false
      key += quoted(name)
      const member = object[name]
      if (!(isSettled(name, member) ? drawClosed(member) : draw(member))) return false
    }
    key += '}'
    return true
  }

  return drawObject(content) && key.length <= maxKeyLength ? { key, slots } : undefined
}

/** A document of the same shape with other values in its slots. */
export function replaceSlots(
  document: JsonObject,
  terms: ReadonlySet<string>,
  values: readonly SlotValue[],
): JsonObject {
  let index = 0
  const replace = (value: Json | undefined): Json | undefined => {
    if (slotKind(value, terms) !== undefined) return values[index++]
    if (Array.isArray(value)) return value.map((item) => replace(item) as Json)
    return typeof value === 'object' && value !== null ? replaceMembers(value as JsonObject) : value
  }
  const replaceMembers = (object: JsonObject): JsonObject =>
    Object.fromEntries(
      Object.entries(object).map(([name, member]) => [
        name,
        isSettled(name, member) ? member : replace(member),
      ]),
    )
  const { '@context': context, ...content } = document
  return { '@context': context, ...replaceMembers(content) }
}

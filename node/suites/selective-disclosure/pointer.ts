import type { Json, JsonObject } from '../../json.ts'

/** A document's own member: never one that every object has, such as `constructor`. */
function memberOf(value: Json | undefined, token: string): Json | undefined {
  if (Array.isArray(value)) return /^(0|[1-9]\d{0,9})$/.test(token) ? value[Number(token)] : undefined
  if (typeof value !== 'object' || value === null || token in Object.prototype) return undefined
  return Object.hasOwn(value, token) ? (value as JsonObject)[token] : undefined
}

/** The reference tokens of a JSON pointer (RFC 6901, 4); undefined when it is none. */
export function parsePointer(pointer: string): readonly string[] | undefined {
  if (pointer === '') return []
  if (!pointer.startsWith('/') || /~(?![01])/.test(pointer)) return undefined
  const unescaped = (token: string) => token.replaceAll('~1', '/').replaceAll('~0', '~')
  return pointer.slice(1).split('/').map(unescaped)
}

/** Whether a pointer leads to a value of the document that can be disclosed by itself: contexts and proofs cannot. */
export function leadsTo(document: JsonObject, pointer: string): boolean {
  const tokens = parsePointer(pointer)
  if (!tokens || tokens.some((token) => token === '@context') || tokens[0] === 'proof') return false
  return tokens.reduce<Json | undefined>(memberOf, document) !== undefined
}

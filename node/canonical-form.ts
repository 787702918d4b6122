import canonicalize from 'canonicalize'
import type { Json, JsonObject } from './json.ts'

// JCS (RFC 8785). Most documents are written by the JSON.stringify of the engine once their members are in order, which
// takes a quarter of what `canonicalize` takes for a credential (4 of 16 µs); whatever could differ is left to `canonicalize`.

/** The order of JCS is that of UTF-16 code units, which is what `<` compares. */
function inOrder(names: readonly string[]): boolean {
  for (let i = 1; i < names.length; i++) if ((names[i] as string) < (names[i - 1] as string)) return false
  return true
}

/** Objects put these first, or take them for their prototype: they cannot be brought in order. */
const unordered = /^\d|^__proto__$/

const MOST_LEVELS = 64

const isArray: (value: unknown) => value is readonly Json[] = Array.isArray

/** The same value with its members in order; undefined when JSON.stringify would not write it as JCS does. */
function ordered(value: Json | readonly Json[], level: number): Json | undefined {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value !== 'object' || level > MOST_LEVELS) return undefined
  return isArray(value) ? orderedElements(value, level) : orderedMembers(value, level)
}

function orderedElements(array: readonly Json[], level: number): Json | undefined {
  const elements: Json[] = []
  for (const element of array) {
    const same = ordered(element, level + 1)
    if (same === undefined) return undefined
    elements.push(same)
  }
  return elements
}

function orderedMembers(object: JsonObject, level: number): JsonObject | undefined {
  const names = Object.keys(object)
  if (!inOrder(names)) names.sort()
  const members: JsonObject = {}
  for (const name of names) {
    const value = object[name]
    if (value === undefined) continue
    const same = unordered.test(name) ? undefined : ordered(value, level + 1)
    if (same === undefined) return undefined
    members[name] = same
  }
  return members
}

function jcs(value: Json | readonly Json[]): string {
  const same = ordered(value, 0)
  const text = same === undefined ? undefined : JSON.stringify(same)
  // a lone surrogate is escaped, as no well-formed text is: `canonicalize` refuses it
  return text === undefined || text.includes('\\ud') ? (canonicalize(value) ?? '') : text
}

/** The canonical form of an object, apart at the place of a member that it does not have. */
export interface CanonicalHalves {
  before: string
  member: string
  after: string
}

/** @throws Error for text that is not well-formed Unicode */
export function canonicalHalves(object: JsonObject, member: string): CanonicalHalves {
  const names = Object.keys(object)
  const half = (isIn: (name: string) => boolean) =>
    jcs(Object.fromEntries(names.filter(isIn).map((name) => [name, object[name] as Json]))).slice(1, -1)
  return { before: half((name) => name < member), member, after: half((name) => name > member) }
}

/** The canonical form of the object with this value of the member, itself in canonical form; without it when it is left out. */
export function joinHalves({ before, member, after }: CanonicalHalves, value?: string): string {
  const parts = [before, value === undefined ? '' : `${JSON.stringify(member)}:${value}`, after]
  return `{${parts.filter((part) => part !== '').join(',')}}`
}

/** Of objects that were made of canonical parts, until they are asked for it. */
const known = new WeakMap<object, string>()

/**
 * Says what the canonical form of an object is, for whoever asks next. A credential with an embedded proof is signed over
 * its document, and its digest covers both together: the text is made of the parts instead of once more.
 */
export function knowCanonicalForm(object: JsonObject, form: string): void {
  known.set(object, form)
}

/**
 * JCS (RFC 8785). What `knowCanonicalForm` said is used once: a text is not kept as long as its object.
 * @throws Error for text that is not well-formed Unicode, and for a number that JSON does not have
 */
export function canonicalForm(value: JsonObject | readonly Json[]): string {
  const form = known.get(value)
  if (form === undefined) return jcs(value)
  known.delete(value)
  return form
}

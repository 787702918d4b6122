import type { Json, JsonObject } from '../../json.ts'
import { parsePointer } from './pointer.ts'

/** What is selected of a value: all of it, or some of its members. */
type Selection = 'all' | Map<string, Selection>

function select(selection: Selection, tokens: readonly string[]): Selection {
  const [token, ...rest] = tokens
  if (selection === 'all' || token === undefined) return 'all'
  const below = selection.get(token) ?? new Map<string, Selection>()
  return selection.set(token, select(below, rest))
}

/**
 * A node keeps its types, and its name unless that is blank (Data Integrity ECDSA Cryptosuites 1.0, 3.4.11), by the
 * keywords themselves where a schema's context has no alias for them.
 */
function isKept(name: string, member: Json | undefined): boolean {
  if (name === 'type' || name === '@type') return true
  return (name === 'id' || name === '@id') && typeof member === 'string' && !member.startsWith('_:')
}

function pick(value: Json, selection: Selection): Json {
  if (selection === 'all' || typeof value !== 'object' || value === null)
    return structuredClone(value) as Json
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => {
      const below = selection.get(String(index))
      return below === undefined ? [] : [pick(item, below)]
    })
  }
  const picked: JsonObject = {}
  for (const [name, member] of Object.entries(value as JsonObject)) {
    const below = selection.get(name) ?? (isKept(name, member) ? 'all' : undefined)
    if (below !== undefined && member !== undefined) picked[name] = pick(member, below)
  }
  return picked
}

/**
 * A document with what the pointers lead to, the types and ids above that, and its `@context`; undefined for none
 * (Data Integrity ECDSA Cryptosuites 1.0, 3.4.13). The pointers lead to its own members.
 */
export function selectDocument(document: JsonObject, pointers: readonly string[]): JsonObject | undefined {
  if (pointers.length === 0) return undefined
  const selection = pointers.reduce<Selection>(
    (selected, pointer) => select(selected, parsePointer(pointer) ?? []),
    new Map([['@context', 'all']]),
  )
  return pick(document, selection) as JsonObject
}

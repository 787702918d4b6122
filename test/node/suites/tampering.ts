import type { Json, JsonObject } from '../../../node/json.ts'

/** A changed copy of a document and where it was changed. */
export interface Tampered {
  at: string
  document: JsonObject
}

function changedLeaf(value: Json): Json {
  if (typeof value === 'number') return value + 1
  if (typeof value === 'boolean') return !value
  return `${value}x`
}

function withValue(
  document: JsonObject,
  path: readonly string[],
  change: (parent: never, key: string) => void,
) {
  const copy = structuredClone(document)
  const parent = path.slice(0, -1).reduce<unknown>((node, key) => (node as JsonObject)[key], copy)
  change(parent as never, path.at(-1) as string)
  return copy
}

/** Every copy of a document in which one leaf is changed, one member removed or one member added. */
export function* tamperedCopies(document: JsonObject): Generator<Tampered> {
  const walk = function* (node: Json | undefined, path: readonly string[]): Generator<Tampered> {
    const at = `/${path.join('/')}`
    if (typeof node !== 'object' || node === null) {
      yield {
        at: `${at} changed`,
        document: withValue(document, path, (parent: JsonObject, key) => {
          parent[key] = changedLeaf(node ?? null)
        }),
      }
      return
    }
    for (const [key, child] of Object.entries(node)) {
      yield* walk(child, [...path, key])
      if (Array.isArray(node)) continue
      yield {
        at: `${at}/${key} removed`,
        document: withValue(document, [...path, key], (parent: JsonObject) => {
          delete parent[key]
        }),
      }
    }
    yield {
      at: `${at} extended`,
      document: withValue(document, [...path, 'x'], (parent: JsonObject | Json[]) => {
        if (Array.isArray(parent)) parent.push('https://example.org/extra')
        else parent.extra = 'https://example.org/extra'
      }),
    }
  }
  yield* walk(document, [])
}

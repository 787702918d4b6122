import type { JsonObject } from '../json.ts'
import { pointerMembers, pointerTo } from './json-pointer.ts'

/** A JSON Schema or a part of one. */
export type JsonSchema = JsonObject | boolean

/** Keywords whose schema applies to the same value as the schema they stand in: one schema. */
const inPlaceSingle = ['not', 'if', 'then', 'else'] as const
/** The same: an array of schemas. */
const inPlaceArrays = ['allOf', 'anyOf', 'oneOf'] as const
/** Keywords whose schema applies to members or elements: one schema. */
const childSingle = [
  'additionalProperties',
  'unevaluatedProperties',
  'propertyNames',
  'items',
  'unevaluatedItems',
  'contains',
] as const
/** Keywords that hold schemas by name. */
const maps = ['properties', 'patternProperties', 'dependentSchemas', '$defs', 'definitions'] as const

export const schemaKeywords: readonly string[] = [
  ...inPlaceSingle,
  ...inPlaceArrays,
  ...childSingle,
  ...maps,
  'prefixItems',
]

/** Whether a JSON value can be a schema: an object or a boolean. */
function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'boolean' || (typeof value === 'object' && value !== null && !Array.isArray(value))
}

const asObject = (value: unknown): JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {}

const schemasIn = (values: readonly unknown[]): JsonSchema[] => values.filter(isSchema)

/** Every schema directly inside a schema, with its JSON pointer. */
export function children(schema: JsonSchema, pointer: string): { schema: JsonSchema; pointer: string }[] {
  if (typeof schema === 'boolean') return []
  const found: { schema: JsonSchema; pointer: string }[] = []
  const add = (value: unknown, at: string) => {
    if (isSchema(value)) found.push({ schema: value, pointer: at })
  }
  for (const keyword of [...inPlaceSingle, ...childSingle]) add(schema[keyword], pointerTo(pointer, keyword))
  for (const keyword of [...inPlaceArrays, 'prefixItems'] as const) {
    const list = schema[keyword]
    if (Array.isArray(list))
      for (const [index, item] of list.entries()) add(item, pointerTo(pointerTo(pointer, keyword), index))
  }
  for (const keyword of maps) {
    for (const [name, value] of Object.entries(asObject(schema[keyword])))
      add(value, pointerTo(pointerTo(pointer, keyword), name))
  }
  return found
}

/**
 * The schema that a local `$ref` names (`#` or `#/…`), or undefined when it names none. Other references are refused:
 * nothing is ever fetched.
 */
export function resolveRef(root: JsonSchema, ref: unknown): JsonSchema | undefined {
  if (ref === '#') return root
  if (typeof ref !== 'string' || !ref.startsWith('#/')) return undefined
  const pointer = decodeFragment(ref.slice(1))
  if (pointer === undefined) return undefined
  let at: unknown = root
  for (const member of pointerMembers(pointer)) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, member)) return undefined
    at = (at as JsonObject)[member]
  }
  return isSchema(at) ? at : undefined
}

function decodeFragment(fragment: string): string | undefined {
  try {
    return decodeURIComponent(fragment)
  } catch {
    return undefined
  }
}

/** Schemas that apply to the same value as this one, one step away; `not` and `if` only where `all` is asked for. */
export function inPlace(root: JsonSchema, schema: JsonSchema, reach: 'all' | 'describing'): JsonSchema[] {
  if (typeof schema === 'boolean') return []
  const singles = reach === 'all' ? inPlaceSingle : (['then', 'else'] as const)
  const target = resolveRef(root, schema.$ref)
  return [
    ...(target === undefined ? [] : [target]),
    ...schemasIn(singles.map((keyword) => schema[keyword])),
    ...inPlaceArrays.flatMap((keyword) => schemasIn(listOf(schema[keyword]))),
    ...schemasIn(Object.values(asObject(schema.dependentSchemas))),
  ]
}

/**
 * Schemas that apply to members and elements of the value. Those in one group can all apply to the same member; those
 * of different groups never do.
 */
export function childGroups(schema: JsonSchema): JsonSchema[][] {
  if (typeof schema === 'boolean') return []
  const patterns = schemasIn(Object.values(asObject(schema.patternProperties)))
  const rest = schemasIn([schema.propertyNames, schema.unevaluatedProperties])
  const named = schemasIn(Object.values(asObject(schema.properties)))
  const elements = schemasIn([schema.contains, schema.unevaluatedItems])
  return [
    ...named.map((one) => [one, ...patterns, ...rest]),
    [...schemasIn([schema.additionalProperties]), ...patterns, ...rest],
    ...schemasIn(listOf(schema.prefixItems)).map((one) => [one, ...elements]),
    [...schemasIn([schema.items]), ...elements],
  ]
}

/** The properties a schema names itself, without those of schemas that apply beside it. */
export function ownProperties(schema: JsonSchema): [string, JsonSchema][] {
  if (typeof schema === 'boolean') return []
  return Object.entries(asObject(schema.properties)).filter((pair): pair is [string, JsonSchema] =>
    isSchema(pair[1]),
  )
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

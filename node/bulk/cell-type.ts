import type { Json, JsonObject } from '../json.ts'
import { claimsLimits } from '../schemas/claims-limits.ts'
import { inPlace, type JsonSchema, ownProperties } from '../schemas/subschemas.ts'
import type { CellType } from './row.ts'

/** Places in an array that columns may name. */
const maxPlaces = 100

/** Every schema that describes the same value as these. */
function together(root: JsonSchema, schemas: readonly JsonSchema[]): JsonObject[] {
  const found = new Set<JsonSchema>(schemas)
  // a set that grows while it is walked; what refers to itself is in it once
  for (const schema of found) for (const other of inPlace(root, schema, 'describing')) found.add(other)
  return [...found].filter((schema) => typeof schema === 'object')
}

/** A value that a schema describes. */
export interface Place {
  path: readonly (string | number)[]
  schemas: readonly JsonObject[]
}

export function rootPlace(root: JsonObject): Place {
  return { path: [], schemas: together(root, [root]) }
}

/** A member or element of a place; undefined when the schema describes none of that name, or claims are not so deep. */
export function step(root: JsonObject, { path, schemas }: Place, name: string): Place | undefined {
  if (path.length >= claimsLimits.depth) return undefined
  const members = schemas.flatMap(ownProperties).flatMap(([key, schema]) => (key === name ? [schema] : []))
  if (members.length > 0) return { path: [...path, name], schemas: together(root, members) }
  if (!/^(0|[1-9]\d?)$/.test(name) || Number(name) >= maxPlaces) return undefined
  const elements = schemas.flatMap((schema) => elementSchema(schema, Number(name)))
  return elements.length > 0
    ? { path: [...path, Number(name)], schemas: together(root, elements) }
    : undefined
}

function elementSchema({ prefixItems, items }: JsonObject, index: number): JsonSchema[] {
  const own = Array.isArray(prefixItems) ? (prefixItems[index] as JsonSchema | undefined) : undefined
  const schema = own ?? (items as JsonSchema | undefined)
  return schema === undefined || schema === false ? [] : [schema]
}

/** What cells of a place hold. */
export function cellType(root: JsonObject, { schemas }: Pick<Place, 'schemas'>): CellType {
  const literals = schemas.flatMap((schema) => [
    ...(Array.isArray(schema.enum) ? (schema.enum as Json[]) : []),
    ...('const' in schema ? [schema.const as Json] : []),
  ])
  const types = new Set(
    schemas.flatMap(({ type }) => (type === undefined ? [] : ([type].flat() as string[]))),
  )
  if (types.size === 0) for (const literal of literals) types.add(typeOf(literal))
  if (types.size === 0 && schemas.some((schema) => schema.properties)) types.add('object')
  const elements = schemas.flatMap((schema) => elementSchema(schema, maxPlaces))
  return {
    types: [...types],
    literals: literals.filter((literal) => typeof literal !== 'string'),
    ...(types.has('array') && elements.length > 0 && { items: itemType(root, elements) }),
  }
}

/** Elements of elements are written as JSON, so their type needs no further types. */
function itemType(root: JsonObject, elements: readonly JsonSchema[]): CellType {
  const { types, literals } = cellType({}, { schemas: together(root, elements).map(withoutItems) })
  return { types, literals }
}

const withoutItems = ({ items: _items, prefixItems: _prefixItems, ...schema }: JsonObject): JsonObject =>
  schema

function typeOf(value: Json): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return typeof value
}

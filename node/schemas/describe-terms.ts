import { IssuerError } from '../errors.ts'
import { objectMembers } from './reserved-terms.ts'
import { inPlace, type JsonSchema, ownProperties } from './subschemas.ts'

/**
 * What a claim becomes in JSON-LD. `literal`: a typed value. `iri`: a reference. `type`: classes, from a fixed set of
 * names. `object`: a node with terms of its own, and no others. `json`: a JSON literal, for whatever has no closed
 * shape, and for arrays: as RDF lists they make canonicalisation (RDFC-1.0) give up at some ten equal elements.
 */
export type Term =
  | { kind: 'json' }
  | { kind: 'literal'; types: ReadonlySet<string>; datatype?: string }
  | { kind: 'iri' }
  | { kind: 'type'; values: readonly string[] }
  | { kind: 'object'; properties: ReadonlyMap<string, Term> }

export type ObjectTerm = Extract<Term, { kind: 'object' }>

const maxTerms = 2_000
const xsd = 'http://www.w3.org/2001/XMLSchema#'

const datatypes: Readonly<Record<string, string>> = {
  date: `${xsd}date`,
  'date-time': `${xsd}dateTime`,
  time: `${xsd}time`,
  integer: `${xsd}integer`,
  number: `${xsd}double`,
  boolean: `${xsd}boolean`,
}

const json: Term = { kind: 'json' }

/**
 * The term of what a schema describes. Everything a schema says about a value in whatever branch counts together; a
 * value that fits its schema but not its term is found by `termViolations`.
 * @throws SCHEMA_INVALID when there would be more than 2,000 terms
 */
export function describeTerms(root: JsonSchema): Term {
  let count = 0

  const describe = (schemas: readonly JsonSchema[], name: string, above: ReadonlySet<JsonSchema>): Term => {
    count += 1
    if (count > maxTerms) throw tooMany()
    const facets = collectFacets(root, schemas)
    // A schema inside itself has no fixed shape.
    if (facets === undefined || facets.some((facet) => above.has(facet))) return json
    const types = typesOf(facets)
    if (types.size === 1 && types.has('object')) {
      return describeObject(facets, name, new Set([...above, ...facets]))
    }
    return describeScalar(facets, types, name)
  }

  const describeObject = (facets: readonly Facet[], within: string, above: ReadonlySet<JsonSchema>): Term => {
    const declared = Map.groupBy(
      facets.flatMap((facet) => ownProperties(facet)),
      ([name]) => name,
    )
    if (declared.size === 0 || facets.some(isOpen) || [...declared.keys()].some(unusable)) return json
    // Where `a` holds a member `a`, jsonld 9 looks for the context of the outer one in that of the inner one.
    if (declared.has(within)) return json
    const properties = new Map<string, Term>()
    for (const name of [...declared.keys()].sort()) {
      const schemas = (declared.get(name) ?? []).map(([, schema]) => schema)
      properties.set(name, describe(schemas, name, above))
    }
    const type = properties.get('type')
    if (type?.kind === 'type' && type.values.some((value) => properties.has(value)))
      properties.set('type', text)
    return { kind: 'object', properties }
  }

  return describe([root], '', new Set())
}

type Facet = Exclude<JsonSchema, boolean>

const text: Term = { kind: 'literal', types: new Set(['string']) }

/** All schemas that speak of the same value, or undefined when one allows anything (`true`). */
export function collectFacets(root: JsonSchema, schemas: readonly JsonSchema[]): Facet[] | undefined {
  const facets = new Set<JsonSchema>(schemas)
  for (const facet of facets) for (const beside of inPlace(root, facet, 'describing')) facets.add(beside)
  if (schemas.includes(true)) return undefined
  return [...facets].filter((facet): facet is Facet => typeof facet !== 'boolean')
}

/** Whether an object may hold members that the schema does not name. */
export function isOpen(facet: Facet): boolean {
  const open = (keyword: 'additionalProperties' | 'unevaluatedProperties') =>
    facet[keyword] !== undefined && facet[keyword] !== false
  return (
    open('additionalProperties') || open('unevaluatedProperties') || facet.patternProperties !== undefined
  )
}

/** Whether a name cannot be a term: keywords, IRIs, names of JavaScript's own. */
export function unusable(name: string): boolean {
  return name.startsWith('@') || /[:/]/.test(name) || objectMembers.has(name)
}

function typesOf(facets: readonly Facet[]): Set<string> {
  const stated = new Set(facets.flatMap(statedTypes))
  if (stated.size > 0) return stated
  const has = (...keywords: string[]) =>
    facets.some((facet) => keywords.some((keyword) => facet[keyword] !== undefined))
  if (has('properties', 'required', 'patternProperties', 'additionalProperties')) return new Set(['object'])
  if (has('format', 'pattern', 'minLength', 'maxLength')) return new Set(['string'])
  if (has('minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'))
    return new Set(['number'])
  return stated
}

function statedTypes(facet: Facet): string[] {
  if (typeof facet.type === 'string') return [facet.type]
  if (Array.isArray(facet.type)) return facet.type.map(String)
  return allowedValues(facet)?.map(jsonType) ?? []
}

function allowedValues(facet: Facet): readonly unknown[] | undefined {
  if (facet.const !== undefined) return [facet.const]
  return Array.isArray(facet.enum) ? facet.enum : undefined
}

function jsonType(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}

function describeScalar(facets: readonly Facet[], types: ReadonlySet<string>, name: string): Term {
  const scalar = types.size > 0 && !['null', 'array', 'object'].some((type) => types.has(type))
  if (!scalar) return json
  if (types.has('string')) {
    if (types.size === 1) return describeText(facets, name)
    // An uncoerced 1e-7 would become "0"^^xsd:integer in jsonld 9: only numbers of their own are typed.
    return types.has('number') ? json : { kind: 'literal', types }
  }
  if (types.size === 1) return { kind: 'literal', types, ...datatype([...types][0] as string) }
  if (types.size === 2 && types.has('integer') && types.has('number')) {
    return { kind: 'literal', types, ...datatype('number') }
  }
  return types.has('number') ? json : { kind: 'literal', types }
}

function datatype(name: string): { datatype?: string } {
  const known = datatypes[name]
  return known === undefined ? {} : { datatype: known }
}

function describeText(facets: readonly Facet[], name: string): Term {
  const speaking = facets.filter(
    (facet) => statedTypes(facet).includes('string') || facet.format !== undefined,
  )
  if (name === 'type') return describeClasses(speaking)
  const formats = new Set(speaking.map((facet) => facet.format))
  const format = formats.size === 1 ? [...formats][0] : undefined
  if (format === 'uri') return { kind: 'iri' }
  return { ...text, ...(typeof format === 'string' ? datatype(format) : {}) } as Term
}

/** `type` names classes where its values are known names; free text stays text, for not every text is a name. */
function describeClasses(facets: readonly Facet[]): Term {
  const values = facets.map(allowedValues)
  if (values.includes(undefined)) return text
  const names = [...new Set(values.flatMap((list) => list ?? []))]
  return names.length > 0 && names.every(isClassName)
    ? { kind: 'type', values: (names as string[]).sort() }
    : text
}

function isClassName(value: unknown): boolean {
  return typeof value === 'string' && /^[A-Za-z][A-Za-z0-9._-]*$/.test(value) && !objectMembers.has(value)
}

function tooMany(): IssuerError {
  const message = `must not describe more than ${maxTerms} claims: no context of that size is derived`
  return new IssuerError('SCHEMA_INVALID', { violations: [{ pointer: '/jsonSchema', message }] })
}

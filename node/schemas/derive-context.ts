import { IssuerError, type Violation } from '../errors.ts'
import type { Json, JsonObject } from '../json.ts'
import {
  collectFacets,
  describeTerms,
  isOpen,
  type ObjectTerm,
  type Term,
  unusable,
} from './describe-terms.ts'
import { pointerTo } from './json-pointer.ts'
import { envelopeTerms, objectMembers, refusedTerms, sharedTerms } from './reserved-terms.ts'

// `.` makes no segment of a name: such ids exist, and IRIs hold them.
const iri = /^[a-z][a-z0-9+.-]*:[^\s<>"{}|\\^`#\p{Cc}]+$/u
const typeName = /^[A-Za-z][A-Za-z0-9_-]{0,127}$/

/** A context, and the claims that it knows. */
export interface DerivedContext {
  document: JsonObject
  claims: ObjectTerm
}

/**
 * Derives the JSON-LD context of a schema: a pure function, so that whoever has the schema from the ledger has the same
 * context. Each claim is a term `<schemaId>#<path>`; nested objects have contexts of their own that know their members
 * and nothing else. In every credential that fits, each value stands in the canonical N-Quads, and each object is a
 * blank node that its path alone identifies.
 * @throws SCHEMA_INVALID with the claims for which there is no term
 */
export function deriveContext(input: {
  schemaId: string
  type: string
  jsonSchema: JsonObject
}): DerivedContext {
  const claims = describeTerms(input.jsonSchema)
  const violations = contextViolations(input, claims)
  if (violations.length > 0) throw new IssuerError('SCHEMA_INVALID', { violations })
  const terms: Record<string, Json> = { '@version': 1.1, '@protected': true }
  terms[input.type] = { '@id': `${input.schemaId}#${input.type}` }
  for (const [name, term] of (claims as ObjectTerm).properties) {
    if (term.kind === 'type') Object.assign(terms, classes(input.schemaId, ['type'], term.values))
    else terms[name] = sharedTerms.get(name) ?? claimTerm(input.schemaId, name, term)
  }
  return { document: { '@context': terms }, claims: claims as ObjectTerm }
}

function claimTerm(schemaId: string, name: string, term: Term): Json {
  const definition = define(schemaId, [name], term)
  return envelopeTerms.has(name) ? { ...definition, '@protected': false } : definition
}

function define(schemaId: string, path: readonly string[], term: Term): JsonObject {
  const id = { '@id': `${schemaId}#${path.map(encodeURIComponent).join('/')}` }
  switch (term.kind) {
    case 'json':
      return { ...id, '@type': '@json' }
    case 'iri':
      return { ...id, '@type': '@id' }
    case 'object':
      return { ...id, '@context': [null, nestedContext(schemaId, path, term)] }
    case 'literal':
      return term.datatype === undefined ? id : { ...id, '@type': term.datatype }
    case 'type':
      return id
  }
}

function nestedContext(schemaId: string, path: readonly string[], term: ObjectTerm): JsonObject {
  const terms: Record<string, Json> = { '@version': 1.1, '@protected': true }
  for (const [name, child] of term.properties) {
    const childPath = [...path, name]
    if (child.kind !== 'type') terms[name] = define(schemaId, childPath, child)
    else Object.assign(terms, { type: '@type' }, classes(schemaId, childPath, child.values))
  }
  return terms
}

function classes(schemaId: string, path: readonly string[], values: readonly string[]): Record<string, Json> {
  const base = `${schemaId}#${path.map(encodeURIComponent).join('/')}`
  return Object.fromEntries(values.map((value) => [value, { '@id': `${base}/${value}` }]))
}

function contextViolations(
  { schemaId, type, jsonSchema }: { schemaId: string; type: string; jsonSchema: JsonObject },
  claims: Term,
): Violation[] {
  if (!iri.test(schemaId)) return [{ pointer: '/name', message: 'must give an id that is an IRI (RFC 3987)' }]
  const properties = '/jsonSchema/properties'
  const root = { pointer: '/jsonSchema', message: '' }
  const facets = collectFacets(jsonSchema, [jsonSchema]) ?? []
  if (facets.some(isOpen)) {
    const message =
      'must name every claim: there is no term for claims that additionalProperties or patternProperties let in, ' +
      'unless the schema comes with a context of its own'
    return [{ ...root, message }]
  }
  if (claims.kind !== 'object') return [{ ...root, message: rootProblem(jsonSchema, facets) }]
  const found: Violation[] = []
  const typeProblem = typeViolation(type, claims)
  if (typeProblem) found.push({ pointer: '/type', message: typeProblem })
  for (const [name, term] of claims.properties) {
    const message = claimProblem(name, term, claims, type)
    if (message) found.push({ pointer: pointerTo(properties, name), message })
  }
  return found
}

function rootProblem(jsonSchema: JsonObject, facets: readonly JsonObject[]): string {
  const names = facets.flatMap((facet) => Object.keys((facet.properties as JsonObject | undefined) ?? {}))
  const bad = names.filter(unusable)
  if (bad.length > 0) return `must not name claims ${bad.map((name) => JSON.stringify(name)).join(', ')}`
  return jsonSchema.type !== undefined && jsonSchema.type !== 'object'
    ? 'must describe an object'
    : 'must name at least one claim under properties, and must not contain itself'
}

function typeViolation(type: string, claims: ObjectTerm): string | undefined {
  if (!typeName.test(type)) return 'must be letters, digits, - and _, beginning with a letter'
  if (refusedTerms.has(type) || envelopeTerms.has(type) || sharedTerms.has(type) || objectMembers.has(type)) {
    return 'is a term that credentials use otherwise'
  }
  if (type === 'type' || claims.properties.has(type)) return 'must not be the name of a claim'
  return undefined
}

function claimProblem(name: string, term: Term, claims: ObjectTerm, type: string): string | undefined {
  if (name === 'id') return 'must not be a claim: it is the DID of the holder'
  if (refusedTerms.has(name)) return 'must not be a claim: credentials use this term otherwise'
  if (sharedTerms.has(name) && !isText(term)) {
    return 'must be text: the credentials context gives this term its meaning; nested it can be anything'
  }
  if (name !== 'type') return undefined
  if (term.kind !== 'type') return 'must be text with const or enum of names: it names classes of the subject'
  const clash = term.values.find((value) => value === type || isTaken(value, claims))
  return clash === undefined ? undefined : `must not allow ${clash}: it is the name of another term`
}

function isText(term: Term): boolean {
  return term.kind === 'literal' && [...term.types].every((type) => type === 'string')
}

function isTaken(value: string, claims: ObjectTerm): boolean {
  const reserved = [refusedTerms, sharedTerms, envelopeTerms, objectMembers].some((names) => names.has(value))
  return reserved || claims.properties.has(value)
}

import type { Violation } from '../errors.ts'
import type { Json, JsonObject } from '../json.ts'
import type { ObjectTerm, Term } from './describe-terms.ts'
import { pointerTo } from './json-pointer.ts'

/**
 * Claims that their context could not carry as they are: members that no term stands for, values of another kind than
 * their term, numbers that RDF would round (JSON-LD 1.1 API, 8.6 writes doubles with 16 digits).
 */
export function termViolations(claims: JsonObject, term: ObjectTerm, pointer: string): Violation[] {
  const found: Violation[] = []
  collect(claims, term, pointer, found)
  return found
}

function collect(claims: JsonObject, term: ObjectTerm, pointer: string, found: Violation[]): void {
  for (const name of Object.keys(claims)) {
    const value = claims[name]
    if (value === undefined) continue
    const child = term.properties.get(name)
    if (child?.kind === 'object' && isObject(value)) {
      collect(value, child, pointerTo(pointer, name), found)
      continue
    }
    const message = child ? valueProblem(value, child) : 'is not a member that the schema names'
    if (message !== undefined) found.push({ pointer: pointerTo(pointer, name), message })
  }
}

function valueProblem(value: Json, term: Term): string | undefined {
  if (term.kind === 'json') return undefined
  if (term.kind === 'object') return 'must be an object, as the schema describes it'
  return scalarProblem(value, term)
}

function scalarProblem(value: Json, term: Exclude<Term, { kind: 'json' | 'object' }>): string | undefined {
  if (value === null || typeof value === 'object') return 'must be a single value, as the schema describes it'
  if (term.kind === 'type') {
    return term.values.includes(String(value)) ? undefined : `must be one of ${term.values.join(', ')}`
  }
  if (term.kind === 'iri') {
    return typeof value === 'string' && /^[A-Za-z][A-Za-z0-9+.-]*:\S*$/.test(value)
      ? undefined
      : 'must be a URI'
  }
  if (!fits(value, term.types)) return `must be of type ${[...term.types].join(' or ')}`
  return typeof value === 'number' ? numberProblem(value, term.types) : undefined
}

function fits(value: string | number | boolean, types: ReadonlySet<string>): boolean {
  if (typeof value !== 'number') return types.has(typeof value)
  return types.has('number') || (types.has('integer') && Number.isInteger(value))
}

function numberProblem(value: number, types: ReadonlySet<string>): string | undefined {
  if (!types.has('number') && !Number.isSafeInteger(value)) {
    return 'must be an integer between -(2^53 - 1) and 2^53 - 1'
  }
  return Number(value.toExponential(15)) === value
    ? undefined
    : 'must have at most 16 significant digits, or be text'
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

import type { ErrorObject } from 'ajv'

/** Keywords that an object or array fails when something is missing from it. */
const needing = new Set([
  ...['required', 'dependentRequired', 'minProperties', 'minItems', 'contains', 'prefixItems'],
  ...['const', 'enum', 'unevaluatedProperties', 'unevaluatedItems', 'not', 'if', 'anyOf', 'oneOf'],
])

/** Keywords whose branches depend on what stands beside the value that fails. */
const branching = /\/(anyOf|oneOf|if|then|else|not|contains|dependentSchemas|prefixItems)(\/|$)/

/** Names of properties are no keywords. */
const names = /\/(properties|patternProperties|\$defs|definitions)\/[^/]*/g

const isStructured = (value: unknown): boolean => typeof value === 'object' && value !== null

/**
 * Whether a value can fail so because some of its members are concealed, though the whole one fits: what is missing, and
 * what depends on it. `const` and `enum` compare whole values, so of numbers and texts they tell without the rest.
 */
export function isConcealable({ keyword, schemaPath, data, params }: ErrorObject): boolean {
  const path = schemaPath.replaceAll(names, '/$1')
  if (branching.test(path)) return true
  if (!needing.has(keyword)) return false
  if (keyword !== 'const' && keyword !== 'enum') return true
  const [allowed] = [params.allowedValue ?? params.allowedValues].flat()
  return isStructured(data) || isStructured(allowed)
}

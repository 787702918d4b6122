import type { Json, JsonObject } from '../json.ts'
import { claimsLimits } from './claims-limits.ts'
import { countEvaluations } from './evaluations.ts'
import type { JsonSchema } from './subschemas.ts'

/** Schemas, members and list entries that one validation may look at; each may leave an error of some 170 bytes. */
const maxLooks = 1_000_000
/** Steps that patterns and formats may take in one validation; RE2JS takes some 25 million a second at its worst. */
const maxSteps = 25_000_000
/** Comparing each element with each other one: as much as 150 schemas cause at the largest array. */
const uniqueItemsLooks = 150
/** A comparison with an entry of `enum` or the name of a property is that much cheaper than applying a schema. */
const comparisonsPerLook = 8

const sizeOf = (value: Json | undefined): number =>
  typeof value === 'object' && value !== null ? Object.keys(value).length : 0

function looksOf(schema: JsonSchema): number {
  if (typeof schema === 'boolean') return 1
  const {
    enum: values,
    properties,
    required,
    dependentRequired = {},
    patternProperties,
    uniqueItems,
  } = schema
  const dependent = Object.values(dependentRequired as JsonObject).reduce(
    (sum: number, names) => sum + sizeOf(names),
    0,
  )
  return (
    1 +
    Math.ceil((sizeOf(values) + sizeOf(properties)) / comparisonsPerLook) +
    sizeOf(required) +
    dependent +
    sizeOf(patternProperties) +
    (uniqueItems === true ? uniqueItemsLooks : 0)
  )
}

function countValues(value: Json | undefined): number {
  if (typeof value !== 'object' || value === null) return 1
  return Object.values(value).reduce((sum: number, child) => sum + countValues(child), 1)
}

/** Thrown out of a validation that takes more steps than it may. */
export class TooMuchWork extends Error {}

/**
 * Keeps the work of one schema's validator in bounds. Schemas come from the ledger, where anybody writes, and claims from
 * whoever asks for verification: each within its limits, together they could keep a node busy for hours.
 */
export function createWorkLimit(jsonSchema: JsonObject) {
  const looks = countEvaluations(jsonSchema, claimsLimits.depth, maxLooks, looksOf)
  let steps = 0
  return {
    /** @throws TooMuchWork when the schema would look at the claims too often; call it before each validation. */
    start(claims: JsonObject): void {
      if (looks * countValues(claims) > maxLooks) throw new TooMuchWork()
      steps = 0
    },
    /** Counts steps before they are taken. @throws TooMuchWork */
    take(count: number): void {
      steps += count
      if (steps > maxSteps) throw new TooMuchWork()
    },
  }
}

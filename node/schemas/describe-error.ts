import type { ErrorObject } from 'ajv/dist/2020.js'
import type { Violation } from '../errors.ts'
import { pointerTo } from './json-pointer.ts'

type Params = Record<string, string | number | undefined> & {
  allowedValues?: unknown
  allowedValue?: unknown
}

const article = (type: string): string => (/^[aio]/.test(type) ? `an ${type}` : `a ${type}`)

const typeNames = (type: unknown): string => String(type).split(',').map(article).join(' or ')

const bounds: Record<string, (limit: unknown) => string> = {
  minLength: (limit) => `must have at least ${limit} characters`,
  maxLength: (limit) => `must have at most ${limit} characters`,
  minItems: (limit) => `must have at least ${limit} elements`,
  maxItems: (limit) => `must have at most ${limit} elements`,
  minProperties: (limit) => `must have at least ${limit} members`,
  maxProperties: (limit) => `must have at most ${limit} members`,
  minimum: (limit) => `must be at least ${limit}`,
  maximum: (limit) => `must be at most ${limit}`,
  exclusiveMinimum: (limit) => `must be greater than ${limit}`,
  exclusiveMaximum: (limit) => `must be less than ${limit}`,
}

const sentences: Record<string, (params: Params) => string> = {
  type: ({ type }) => `must be ${typeNames(type)}`,
  required: () => 'is required',
  dependentRequired: ({ property }) => `is required beside ${property}`,
  additionalProperties: () => 'is not a member that the schema allows',
  unevaluatedProperties: () => 'is not a member that the schema allows',
  propertyNames: () => 'has a name that the schema does not allow',
  enum: ({ allowedValues }) => `must be one of ${listed(allowedValues)}`,
  const: ({ allowedValue }) => `must be ${JSON.stringify(allowedValue)}`,
  format: ({ format }) => `must have the format ${format}`,
  pattern: ({ pattern }) => `must match the pattern ${pattern}`,
  multipleOf: ({ multipleOf }) => `must be a multiple of ${multipleOf}`,
  uniqueItems: ({ i, j }) => `must not hold an element twice: ${i} and ${j} are equal`,
  contains: ({ minContains }) => `must contain at least ${minContains} matching elements`,
  anyOf: () => 'must match at least one of the alternatives of the schema',
  oneOf: ({ passingSchemas }) =>
    passingSchemas === null || passingSchemas === undefined
      ? 'must match one of the alternatives of the schema'
      : 'must match exactly one of the alternatives of the schema, not several',
  not: () => 'must not be what the schema excludes',
  if: () => 'must match the condition of the schema',
  'false schema': () => 'is not allowed by the schema',
}

/** One error of Ajv in plain words, at the member it is about, absent ones included. */
export function describeError(error: ErrorObject, pointer: string): Violation {
  const params = error.params as Params
  const member =
    params.missingProperty ??
    params.additionalProperty ??
    params.unevaluatedProperty ??
    (error.keyword === 'propertyNames' ? params.propertyName : undefined)
  const at = pointer + error.instancePath
  const sentence = bounds[error.keyword]?.(params.limit) ?? sentences[error.keyword]?.(params)
  return {
    pointer: member === undefined ? at : pointerTo(at, member),
    message: sentence ?? error.message ?? 'does not match the schema',
  }
}

function listed(values: unknown): string {
  const all = Array.isArray(values) ? values.map((value) => JSON.stringify(value)) : []
  return all.length > 20 ? `${all.slice(0, 20).join(', ')} and ${all.length - 20} more` : all.join(', ')
}

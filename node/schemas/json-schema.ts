import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import { IssuerError, type Violation } from '../errors.ts'
import type { Json, JsonObject } from '../json.ts'
import { claimsLimits } from './claims-limits.ts'
import { countEvaluations } from './evaluations.ts'
import { formats } from './formats.ts'
import { pointerTo } from './json-pointer.ts'
import { compilePattern } from './linear-pattern.ts'
import { measureJson } from './measure-json.ts'
import { children, type JsonSchema, ownProperties, resolveRef, schemaKeywords } from './subschemas.ts'

const draft = 'https://json-schema.org/draft/2020-12/schema'
const limits = { bytes: 65_536, depth: 40, values: 10_000 }
const maxSubschemas = 2_000
/** Schemas applied along one path into the claims. */
const maxEvaluations = 2_000

const keywords = new Set([
  ...schemaKeywords,
  ...['$schema', '$id', '$ref', '$comment', 'title', 'description', 'default', 'examples', 'deprecated'],
  ...['readOnly', 'writeOnly', 'type', 'enum', 'const', 'multipleOf', 'maximum', 'exclusiveMaximum'],
  ...['minimum', 'exclusiveMinimum', 'maxLength', 'minLength', 'pattern', 'format', 'maxItems', 'minItems'],
  ...['uniqueItems', 'maxContains', 'minContains', 'maxProperties', 'minProperties', 'required'],
  ...['dependentRequired', 'contentEncoding', 'contentMediaType'],
])

const metaSchema = new Ajv2020({ allErrors: true, strict: false, validateFormats: false, logger: false })

/**
 * A JSON Schema 2020-12 from outside, when it can be used for claims: known keywords only, local references only, and
 * bounded in size and in the time that validation by it takes. `pointer` is where it stands in the input.
 * @throws SCHEMA_INVALID with every violation
 */
export function parseJsonSchema(value: unknown, pointer = '/jsonSchema'): JsonObject {
  const violations = jsonSchemaViolations(value, pointer)
  if (violations.length > 0) throw new IssuerError('SCHEMA_INVALID', { violations })
  return value as JsonObject
}

function jsonSchemaViolations(value: unknown, pointer: string): Violation[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [{ pointer, message: 'must be a JSON Schema object' }]
  }
  const unfit = measureJson(value as Json, pointer, limits)
  if (unfit.length > 0) return unfit
  const schema = value as JsonObject
  const wrongKeywords = keywordViolations(schema, pointer)
  const malformed = metaSchemaViolations(schema, pointer)
  if (wrongKeywords.length + malformed.length > 0) return [...wrongKeywords, ...malformed]
  const evaluations = countEvaluations(schema, claimsLimits.depth, maxEvaluations)
  if (evaluations === Number.POSITIVE_INFINITY) {
    return [{ pointer, message: 'must not refer to itself without end: a $ref leads back to the same value' }]
  }
  return evaluations > maxEvaluations
    ? [{ pointer, message: 'must not apply more than 2000 schemas to one claim: its references multiply' }]
    : []
}

function keywordViolations(root: JsonObject, pointer: string): Violation[] {
  const found: Violation[] = []
  const visited = new Set<JsonSchema>()
  const refs: { ref: unknown; pointer: string }[] = []
  const queue: { schema: JsonSchema; pointer: string }[] = [{ schema: root, pointer }]
  for (let next = 0; next < queue.length; next++) {
    const at = queue[next] as (typeof queue)[number]
    visited.add(at.schema)
    queue.push(...children(at.schema, at.pointer))
    if (typeof at.schema === 'boolean') continue
    for (const keyword of Object.keys(at.schema)) {
      const message = keywordProblem(at.schema, keyword, at.schema === root)
      if (message) found.push({ pointer: pointerTo(at.pointer, keyword), message })
    }
    found.push(...nameProblems(at.schema, at.pointer))
    if (at.schema.$ref !== undefined)
      refs.push({ ref: at.schema.$ref, pointer: pointerTo(at.pointer, '$ref') })
    if (queue.length > maxSubschemas) {
      return [{ pointer, message: `must not consist of more than ${maxSubschemas} schemas` }]
    }
  }
  for (const { ref, pointer: at } of refs) {
    const target = resolveRef(root, ref)
    if (target === undefined || !visited.has(target)) {
      found.push({ pointer: at, message: 'must name a schema inside this one: # or #/$defs/…' })
    }
  }
  return found
}

function keywordProblem(schema: JsonObject, keyword: string, isRoot: boolean): string | undefined {
  const value = schema[keyword]
  if (!keywords.has(keyword)) return 'is not a keyword that this node knows (JSON Schema 2020-12)'
  if ((keyword === '$id' || keyword === '$schema') && !isRoot) return 'may only stand at the top'
  if (keyword === '$schema' && value !== draft && value !== `${draft}#`) return `must be ${draft}`
  if (keyword === 'format' && typeof value === 'string' && !formats.has(value)) {
    return `must be one of ${[...formats.keys()].join(', ')}`
  }
  return keyword === 'pattern' && typeof value === 'string' ? patternProblem(value) : undefined
}

function nameProblems(schema: JsonObject, pointer: string): Violation[] {
  const found: Violation[] = []
  const patterns = schema.patternProperties
  if (typeof patterns === 'object' && patterns !== null) {
    for (const name of Object.keys(patterns)) {
      const message = patternProblem(name)
      if (message) found.push({ pointer: pointerTo(pointerTo(pointer, 'patternProperties'), name), message })
    }
  }
  for (const [name] of ownProperties(schema)) {
    if (name !== '') continue
    found.push({ pointer: pointerTo(pointerTo(pointer, 'properties'), name), message: 'must have a name' })
  }
  return found
}

function patternProblem(pattern: string): string | undefined {
  try {
    compilePattern(pattern)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

function metaSchemaViolations(schema: JsonObject, pointer: string): Violation[] {
  const { $id, ...rest } = schema
  if ($id !== undefined && typeof $id !== 'string') {
    return [{ pointer: pointerTo(pointer, '$id'), message: 'must be a string' }]
  }
  if (metaSchema.validateSchema({ ...rest, $schema: draft })) return []
  const errors = (metaSchema.errors ?? []).filter(
    ({ keyword }) => !['anyOf', 'allOf', 'if'].includes(keyword),
  )
  return distinct(errors, pointer)
}

function distinct(errors: readonly ErrorObject[], pointer: string): Violation[] {
  const seen = new Map<string, Violation>()
  for (const { instancePath, message } of errors.slice(0, 100)) {
    const at = pointer + instancePath
    if (!seen.has(at)) seen.set(at, { pointer: at, message: message ?? 'is not valid' })
  }
  return seen.size > 0
    ? [...seen.values()]
    : [{ pointer, message: 'is not valid by the 2020-12 meta schema' }]
}

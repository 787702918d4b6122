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
  const all = subschemas(root, pointer)
  if (all === undefined) {
    return [{ pointer, message: `must not consist of more than ${maxSubschemas} schemas` }]
  }
  const targets = new Set(all.map(({ schema }) => schema))
  return all.flatMap(({ schema, pointer: at }) =>
    typeof schema === 'boolean' ? [] : objectViolations(root, schema, at, targets),
  )
}

/** A schema and all in it, or undefined when they are too many. */
function subschemas(root: JsonObject, pointer: string) {
  const queue: { schema: JsonSchema; pointer: string }[] = [{ schema: root, pointer }]
  for (const at of queue) {
    queue.push(...children(at.schema, at.pointer))
    if (queue.length > maxSubschemas) return undefined
  }
  return queue
}

function objectViolations(
  root: JsonObject,
  schema: JsonObject,
  pointer: string,
  targets: ReadonlySet<JsonSchema>,
): Violation[] {
  const found: Violation[] = []
  for (const keyword of Object.keys(schema)) {
    const message = keywordProblem(schema, keyword, schema === root)
    if (message) found.push({ pointer: pointerTo(pointer, keyword), message })
  }
  found.push(...nameProblems(schema, pointer))
  const target = schema.$ref === undefined ? root : resolveRef(root, schema.$ref)
  if (target === undefined || !targets.has(target)) {
    const message = 'must name a schema inside this one: # or #/$defs/…'
    found.push({ pointer: pointerTo(pointer, '$ref'), message })
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
  if (metaSchema.validateSchema({ ...rest, $schema: draft }) === true) return []
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

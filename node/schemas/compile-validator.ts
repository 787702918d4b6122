import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import { IssuerError, type Violation } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { describeError } from './describe-error.ts'
import { formats } from './formats.ts'
import { compilePattern } from './linear-pattern.ts'

const maxViolations = 100

/** Every violation of a value, at most 100; pointers start with the one given. */
export type Validator = (value: JsonObject, pointer: string) => Violation[]

// Ajv knows engines by `code` and the patterns of one engine by their text.
const linearEngine = Object.assign(
  (pattern: string) => {
    const compiled = compilePattern(pattern)
    return { test: (text: string) => compiled.test(text), toString: () => `linear:${pattern}` }
  },
  { code: 'require("./linear-pattern.ts").compilePattern' },
)

const options = {
  allErrors: true,
  strict: true,
  strictTypes: false,
  strictTuples: false,
  strictRequired: false,
  allowMatchingProperties: true,
  // `constructor` and the like are members only when they are the value's own
  ownProperties: true,
  // parseJsonSchema has done this with pointers
  validateSchema: false,
  meta: false,
  logger: false,
  code: { regExp: linearEngine as never },
} as const

/**
 * Compiles a schema that `parseJsonSchema` has accepted.
 * @throws SCHEMA_INVALID for what only compiling shows, such as an `if` without `then` and `else`
 */
export function compileValidator(jsonSchema: JsonObject): Validator {
  const validate = compile(jsonSchema)
  return (value, pointer) => {
    if (validate(value)) return []
    return violations(validate.errors ?? [], pointer)
  }
}

function compile(jsonSchema: JsonObject): ValidateFunction {
  // Ids are left out: references are local, and an id could make Ajv look for another document.
  const { $id: _id, $schema: _schema, ...rest } = jsonSchema
  const ajv = new Ajv2020(options)
  for (const [name, validate] of formats) ajv.addFormat(name, { type: 'string', validate })
  try {
    return ajv.compile(rest)
  } catch (cause) {
    const message = (cause instanceof Error ? cause.message : String(cause)).replace(/^strict mode: /, '')
    throw new IssuerError('SCHEMA_INVALID', { violations: [{ pointer: '/jsonSchema', message }], cause })
  }
}

function violations(errors: readonly ErrorObject[], pointer: string): Violation[] {
  // `if` only says that `then` or `else` failed, which says so itself.
  const telling = errors.filter(({ keyword }) => keyword !== 'if')
  const distinct = new Map<string, Violation>()
  for (const error of telling.length > 0 ? telling : errors) {
    const violation = describeError(error, pointer)
    distinct.set(`${violation.pointer} ${violation.message}`, violation)
    if (distinct.size === maxViolations) break
  }
  return [...distinct.values()]
}

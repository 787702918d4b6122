import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import { IssuerError, type Violation } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { isConcealable } from './concealable-error.ts'
import { describeError } from './describe-error.ts'
import { formats } from './formats.ts'
import { compilePattern } from './linear-pattern.ts'
import { createWorkLimit, TooMuchWork } from './validation-work.ts'

const maxViolations = 100

/** How much of a value there is. */
export interface Shown {
  /** Members may be concealed: what can be wrong only because they are is no violation. */
  mayConceal?: boolean
}

/** Every violation of a value, at most 100; pointers start with the one given. */
export type Validator = (value: JsonObject, pointer: string, shown?: Shown) => Violation[]

/** Steps that the expression of a format takes for each character at the most, those of a pattern being the unit. */
const formatSteps = 10

type Take = (steps: number) => void

/** Ajv knows engines by `code` and the patterns of one engine by their text. */
const linearEngine = (take: Take) =>
  Object.assign(
    (pattern: string) => {
      const compiled = compilePattern(pattern)
      const size = compiled.programSize()
      const test = (text: string) => {
        take(text.length * size)
        return compiled.test(text)
      }
      return { test, toString: () => `linear:${pattern}` }
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
  // copied to where they are named, schemas multiply in the compiled code
  inlineRefs: false,
} as const

/**
 * Compiles a schema that `parseJsonSchema` has accepted.
 * @throws SCHEMA_INVALID for what only compiling shows, such as an `if` without `then` and `else`
 */
export function compileValidator(jsonSchema: JsonObject): Validator {
  const work = createWorkLimit(jsonSchema)
  const validate = compile(jsonSchema, work.take)
  return (value, pointer, { mayConceal = false } = {}) => {
    try {
      work.start(value)
      const errors = validate(value) ? [] : (validate.errors ?? [])
      return violations(mayConceal ? errors.filter((error) => !isConcealable(error)) : errors, pointer)
    } catch (error) {
      if (!(error instanceof TooMuchWork)) throw error
      return [{ pointer, message: 'are too many or too long for their schema: it would take too much time' }]
    }
  }
}

function compile(jsonSchema: JsonObject, take: Take): ValidateFunction {
  // Ids are left out: references are local, and an id could make Ajv look for another document.
  const { $id: _id, $schema: _schema, ...rest } = jsonSchema
  const ajv = new Ajv2020({ ...options, code: { regExp: linearEngine(take) as never } })
  for (const [name, check] of formats) {
    const validate = (text: string) => {
      take(text.length * formatSteps)
      return check(text)
    }
    ajv.addFormat(name, { type: 'string', validate })
  }
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

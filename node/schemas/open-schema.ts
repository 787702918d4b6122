import { IssuerError, type Violation } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { claimsLimits } from './claims-limits.ts'
import { compileValidator, type Shown, type Validator } from './compile-validator.ts'
import { type CredentialSchema, wrapClaimsSchema } from './credential-schema.ts'
import { type DerivedContext, deriveContext } from './derive-context.ts'
import { jcsBytes, sriDigest } from './digest.ts'
import { inlineContextViolations } from './inline-context.ts'
import { parseJsonSchema } from './json-schema.ts'
import { measureJson } from './measure-json.ts'
import { parseSchemaDocument, type SchemaContext, type SchemaDocument } from './schema-document.ts'
import { termViolations } from './term-violations.ts'

/** A schema ready for use: everything that issuance and verification need of it. */
export interface OpenedSchema {
  id: string
  /** The credential type beside VerifiableCredential. */
  type: string
  /**
   * Contexts for the credential, in order. `document` is there when the schema alone gives it: derived from the JSON
   * Schema or carried by the ledger; otherwise `url` names a known context whose JCS bytes must have `digest`.
   */
  contexts: readonly SchemaContext[]
  jsonSchema: JsonObject
  credentialSchema: CredentialSchema
  /** Every violation of claims (without the subject's `id`), with pointers into `/claims`. */
  validateClaims(claims: JsonObject, shown?: Shown): Violation[]
}

const capacity = 500
const opened = new Map<string, OpenedSchema>()

/**
 * Opens the content of a schema from the ledger. The last 500 are kept, by id and digest.
 * @throws SCHEMA_INVALID
 */
export function openSchema(input: { schemaId: string; content: Uint8Array; digest: string }): OpenedSchema {
  const key = `${input.schemaId}\n${input.digest}`
  const known = opened.get(key)
  opened.delete(key)
  const schema = known ?? open(input.schemaId, parseSchemaDocument(input.content))
  opened.set(key, schema)
  const [oldest] = opened.keys()
  if (opened.size > capacity && oldest !== undefined) opened.delete(oldest)
  return schema
}

function open(id: string, { type, contexts, jsonSchema }: SchemaDocument): OpenedSchema {
  parseJsonSchema(jsonSchema)
  const validate = compileValidator(jsonSchema)
  const derived = derivedContext({ schemaId: id, type, jsonSchema }, contexts)
  return {
    id,
    type,
    contexts: contexts.map((context) => withDocument(context, derived)),
    jsonSchema,
    credentialSchema: wrapClaimsSchema(id, jsonSchema),
    validateClaims: (claims, shown = {}) => claimViolations(claims, { validate, derived, shown }),
  }
}

/** The context derived from the schema, when it is the one that the ledger names. */
function derivedContext(
  input: { schemaId: string; type: string; jsonSchema: JsonObject },
  contexts: readonly SchemaContext[],
): (DerivedContext & { digest: string }) | undefined {
  if (contexts.every(({ document }) => document !== undefined)) return undefined
  try {
    const derived = deriveContext(input)
    const digest = sriDigest(jcsBytes(derived.document))
    return contexts.some((context) => context.digest === digest) ? { ...derived, digest } : undefined
  } catch (error) {
    if (error instanceof IssuerError) return undefined
    throw error
  }
}

function withDocument(
  context: SchemaContext,
  derived?: { document: JsonObject; digest: string },
): SchemaContext {
  if (derived?.digest === context.digest) return { ...context, document: derived.document }
  if (context.document === undefined) return context
  // Anybody may have written it: what registration refuses, such as contexts that name others, must not get in here.
  const violations = inlineContextViolations(context.document, '/contexts')
  if (violations.length > 0) throw new IssuerError('SCHEMA_INVALID', { violations })
  if (sriDigest(jcsBytes(context.document)) === context.digest) return context
  const message = 'is not what its digest says'
  throw new IssuerError('SCHEMA_INVALID', { violations: [{ pointer: '/contexts', message }] })
}

interface Rules {
  validate: Validator
  derived: DerivedContext | undefined
  shown: Shown
}

function claimViolations(claims: JsonObject, { validate, derived, shown }: Rules): Violation[] {
  const pointer = '/claims'
  const unfit = measureJson(claims, pointer, claimsLimits)
  if (unfit.length > 0) return unfit
  if (Object.hasOwn(claims, 'id')) {
    return [{ pointer: '/claims/id', message: 'must not be given: it is the DID of the holder' }]
  }
  const found = validate(claims, pointer, shown)
  if (derived === undefined) return found
  const reported = new Set(found.map((violation) => violation.pointer))
  const unnamed = termViolations(claims, derived.claims, pointer)
  return [...found, ...unnamed.filter((violation) => !reported.has(violation.pointer))]
}

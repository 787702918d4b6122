import { IssuerError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { OpenedSchema } from '../schemas/open-schema.ts'

/** @throws SCHEMA_VALIDATION_FAILED with every violation and its JSON pointer into the request */
export function validateClaims(schema: OpenedSchema, claims: JsonObject): void {
  const violations = schema.validateClaims(claims)
  if (violations.length === 0) return
  throw new IssuerError('SCHEMA_VALIDATION_FAILED', { violations, facts: { schemaId: schema.id } })
}

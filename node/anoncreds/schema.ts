import * as z from 'zod'
import { normaliseNames } from './attribute.ts'
import { parse } from './parse.ts'

/** Most attributes of a schema, as in the reference (anoncreds-rs, MAX_ATTRIBUTES_COUNT). */
const maxAttributes = 125

/** An id: a URI, or an older unqualified one. */
export const identifier = z.string().min(1).max(1024)

const schemaDocument = z.strictObject({
  issuerId: identifier,
  name: z.string().min(1).max(256),
  version: z.string().min(1).max(256),
  attrNames: z.array(z.string().min(1).max(256)).min(1).max(maxAttributes),
})

/** A schema (AnonCreds specification, Schema): whose it is and which attributes a credential has. */
export type AnonCredsSchema = z.infer<typeof schemaDocument>

/** @throws MALFORMED_REQUEST, also when two names differ by case and spaces alone */
export function parseSchema(value: unknown): AnonCredsSchema {
  const schema = parse(schemaDocument, value, 'schema')
  normaliseNames(schema.attrNames)
  return schema
}

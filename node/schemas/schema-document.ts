import { z } from 'zod'
import { IssuerError, type Violation } from '../errors.ts'
import type { Json, JsonObject } from '../json.ts'
import { jcsBytes } from './digest.ts'

// Taken as it is: a copy could lose members with odd names.
const object = z.custom<JsonObject>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
)

const schemaContext = z.strictObject({
  url: z.string().min(1).max(2_048),
  digest: z.string().regex(/^sha256-[A-Za-z0-9+/]{43}=$/, 'must be sha256- and the base64 of 32 bytes'),
  document: object.optional(),
})

const schemaDocument = z.strictObject({
  type: z.string().min(1).max(128),
  contexts: z.array(schemaContext).min(1).max(8),
  jsonSchema: object,
})

/**
 * A JSON-LD context of a schema. `digest`: SRI SHA-256 of its JCS bytes. `document` stands there where nobody can derive
 * it or is expected to have it, so that the ledger alone is enough to verify.
 */
export interface SchemaContext {
  url: string
  digest: string
  document?: JsonObject
}

/** What the ledger holds of a JSON schema. */
export interface SchemaDocument {
  /** The credential type beside VerifiableCredential. */
  type: string
  contexts: readonly SchemaContext[]
  /** JSON Schema 2020-12 of the claims. */
  jsonSchema: JsonObject
}

/** The bytes for the ledger: JCS (RFC 8785), so that the same schema always has the same digest. */
export function serializeSchemaDocument({ type, contexts, jsonSchema }: SchemaDocument): Uint8Array {
  return jcsBytes({ type, contexts: contexts as unknown as Json, jsonSchema })
}

/**
 * Reads the bytes of the ledger, which anybody may have written.
 * @throws SCHEMA_INVALID
 */
export function parseSchemaDocument(bytes: Uint8Array): SchemaDocument {
  const parsed = schemaDocument.safeParse(parseJson(bytes))
  if (parsed.success) return parsed.data as SchemaDocument
  const violations: Violation[] = parsed.error.issues.map(({ path, message }) => ({
    pointer: path.map((part) => `/${String(part)}`).join(''),
    message,
  }))
  throw new IssuerError('SCHEMA_INVALID', {
    detail: 'What the ledger holds is no schema document.',
    violations,
  })
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
}

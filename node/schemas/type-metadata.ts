import { credentialTypeUrl } from '../documents/credential-type-url.ts'
import type { Json, JsonObject } from '../json.ts'
import { jcsBytes, sriDigest } from './digest.ts'

const maxClaims = 500
const maxDepth = 8

/** Metadata of a type of SD-JWT VCs, and how credentials name it. */
export interface TypeMetadata {
  /** JCS text of the document: what is served and digested. */
  bytes: Uint8Array
  /** The values of `vct` and `vct#integrity`. */
  reference: { vct: string; integrity: string }
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const text = (value: Json | undefined): string | undefined => (typeof value === 'string' ? value : undefined)

function claimOf(path: readonly (string | null)[], schema: JsonObject, mandatory: boolean): JsonObject {
  const description = text(schema.description)
  const label = text(schema.title) ?? (description === undefined ? undefined : (path.at(-1) ?? undefined))
  return {
    path,
    ...(label !== undefined && {
      display: [{ locale: 'en', label, ...(description !== undefined && { description }) }],
    }),
    ...(mandatory && { mandatory: true }),
  }
}

/** The claims that a schema names itself, in order; those behind references and conditions are left to the schema. */
function* claimsOf(
  schema: JsonObject,
  path: readonly (string | null)[],
  mandatory: boolean,
): Generator<JsonObject> {
  if (path.length >= maxDepth) return
  const required = Array.isArray(schema.required) ? schema.required : []
  for (const [name, property] of Object.entries(isObject(schema.properties) ? schema.properties : {})) {
    if (!isObject(property)) continue
    const isMandatory = mandatory && required.includes(name)
    yield claimOf([...path, name], property, isMandatory)
    yield* claimsOf(property, [...path, name], isMandatory)
  }
  if (!isObject(schema.items)) return
  yield claimOf([...path, null], schema.items, false)
  yield* claimsOf(schema.items, [...path, null], false)
}

interface TypedSchema {
  id: string
  type: string
  jsonSchema: JsonObject
}

function derive(vct: string, { type, jsonSchema }: TypedSchema): TypeMetadata {
  const description = text(jsonSchema.description)
  const bytes = jcsBytes({
    vct,
    name: type,
    ...(description !== undefined && { description }),
    display: [{ locale: 'en', name: text(jsonSchema.title) ?? type }],
    claims: [...claimsOf(jsonSchema, [], true).take(maxClaims)],
    schema: jsonSchema,
  })
  return { bytes, reference: { vct, integrity: sriDigest(bytes) } }
}

const derived = new WeakMap<TypedSchema, Map<string, TypeMetadata>>()

/**
 * Type metadata (draft-ietf-oauth-sd-jwt-vc, Type Metadata) of a schema: its name, its claims with their paths, and the
 * JSON Schema of the claims. A pure function, remembered by schema: whoever has it from the ledger can make the same
 * bytes.
 */
export function typeMetadata(publicUrl: string, schema: TypedSchema): TypeMetadata {
  const known = derived.get(schema) ?? new Map<string, TypeMetadata>()
  derived.set(schema, known)
  const vct = credentialTypeUrl(publicUrl, schema)
  const metadata = known.get(vct) ?? derive(vct, schema)
  known.set(vct, metadata)
  return metadata
}

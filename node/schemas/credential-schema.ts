import type { Json, JsonObject } from '../json.ts'
import { jcsBytes, sriDigest } from './digest.ts'
import { type JsonSchema, resolveRef } from './subschemas.ts'

/** The schema of a whole credential, and how a credential names it. */
export interface CredentialSchema {
  /** A JSON Schema for the credential, as VC JSON Schema 1.0, 2.1 (JsonSchema) has it. */
  document: JsonObject
  /** JCS text of the document: what is served and digested. */
  bytes: Uint8Array
  /** The value of `credentialSchema`. */
  reference: { id: string; type: 'JsonSchema'; digestSRI: string }
}

/**
 * Wraps the schema of the claims under `credentialSubject`, where the holder's `id` stands beside them. Its own base URI
 * keeps references inside it local.
 */
export function wrapClaimsSchema(schemaId: string, jsonSchema: JsonObject): CredentialSchema {
  const { $id: _id, $schema: _schema, ...claims } = admitId(jsonSchema)
  const document: JsonObject = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: schemaId,
    type: 'object',
    properties: { credentialSubject: { $id: `${schemaId}/claims`, ...claims } },
    required: ['credentialSubject'],
  }
  const bytes = jcsBytes(document)
  return { document, bytes, reference: { id: schemaId, type: 'JsonSchema', digestSRI: sriDigest(bytes) } }
}

/** Lets `id` pass where a schema of the claims closes or counts their members. */
function admitId(root: JsonObject): JsonObject {
  const copy = structuredClone(root) as JsonObject
  const seen = new Set<JsonObject>()
  const visit = (schema: Json | JsonSchema | undefined): void => {
    if (
      typeof schema !== 'object' ||
      schema === null ||
      Array.isArray(schema) ||
      seen.has(schema as JsonObject)
    )
      return
    const facet = schema as JsonObject
    seen.add(facet)
    const beside = [
      facet.$ref === undefined ? undefined : resolveRef(copy, facet.$ref),
      facet.then,
      facet.else,
    ]
    for (const list of [facet.allOf, facet.anyOf, facet.oneOf]) if (Array.isArray(list)) beside.push(...list)
    for (const one of beside) visit(one)
    admit(facet)
  }
  visit(copy)
  return copy
}

function admit(facet: JsonObject): void {
  const closing = ['additionalProperties', 'unevaluatedProperties', 'properties'].some(
    (name) => name in facet,
  )
  // A member `id` of its own shows that the schema also serves an object inside the claims.
  if (closing) facet.properties = { id: { type: 'string' }, ...(facet.properties as JsonObject | undefined) }
  if (facet.propertyNames !== undefined)
    facet.propertyNames = { anyOf: [{ const: 'id' }, facet.propertyNames] }
  for (const count of ['minProperties', 'maxProperties']) {
    const limit = facet[count]
    if (typeof limit === 'number') facet[count] = limit + 1
  }
}

/** The `vct` of an SD-JWT VC: where a node serves the metadata of a schema's type. */
export function credentialTypeUrl(publicUrl: string, schema: { id: string; type: string }): string {
  return `${publicUrl}/api/v1/types/${encodeURIComponent(schema.id)}/${encodeURIComponent(schema.type)}`
}

const typeUrl = /^https?:\/\/[^/?#]+(?:\/[^?#]*)?\/api\/v1\/types\/([^/?#]+)\/([^/?#]+)$/

/** The schema and the type that a `vct` names, whichever node serves it; undefined for every other one. */
export function parseCredentialTypeUrl(vct: string): { schemaId: string; type: string } | undefined {
  const [, schemaId, type] = typeUrl.exec(vct) ?? []
  if (schemaId === undefined || type === undefined) return undefined
  try {
    return { schemaId: decodeURIComponent(schemaId), type: decodeURIComponent(type) }
  } catch {
    return undefined
  }
}

import type { Json, JsonObject } from '../json.ts'
import { dataModelContexts } from './credential-document.ts'

const type = 'EnvelopedVerifiableCredential'

/** `data:<media type>,<token>` (RFC 2397) of a media type without parameters; a token needs no percent-encoding. */
const dataUrl = /^data:[\w.+-]+\/[\w.+-]+,([^,]+)$/

/** A token as an object of data model 2.0 (Verifiable Credentials Data Model 2.0, 4.12). */
export function envelopeCredential(token: string, mediaType: string): JsonObject {
  return { '@context': dataModelContexts['2.0'], id: `data:${mediaType},${token}`, type }
}

/** The token inside an envelope; undefined for what is none. */
export function openEnvelope(value: Json): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { id, type: types } = value as JsonObject
  const isEnvelope = ([types].flat() as Json[]).includes(type)
  return isEnvelope && typeof id === 'string' ? dataUrl.exec(id)?.[1] : undefined
}

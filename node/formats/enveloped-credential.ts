import type { Json, JsonObject } from '../json.ts'
import { dataModelContexts } from './credential-document.ts'

const type = 'EnvelopedVerifiableCredential'

/** `data:<media type>,<token>` (RFC 2397) of a media type without parameters; a token needs no percent-encoding. */
const dataUrl = /^data:[\w.+-]+\/[\w.+-]+,([^,]+)$/

/** A COSE message is a data URL already, here and where its format opens it. */
const binaryUrl = /^data:[\w.+-]+\/[\w.+-]+;base64,[^,]+$/

/** A token as an object of data model 2.0 (Verifiable Credentials Data Model 2.0, 4.12). */
export function envelopeCredential(token: string, mediaType: string): JsonObject {
  const id = token.startsWith('data:') ? token : `data:${mediaType},${token}`
  return { '@context': dataModelContexts['2.0'], id, type }
}

/** The token inside an envelope; undefined for what is none. */
export function openEnvelope(value: Json): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { id, type: types } = value as JsonObject
  const isEnvelope = ([types].flat() as Json[]).includes(type)
  if (!isEnvelope || typeof id !== 'string') return undefined
  return binaryUrl.test(id) ? id : dataUrl.exec(id)?.[1]
}

/** What stands in an envelope of this media type (Verifiable Credentials Data Model 2.0, 4.12); everything else as it is. */
export const unwrap = (received: unknown, mediaType: string): unknown => contentOf(type, received, mediaType)

/** The same of an EnvelopedVerifiablePresentation (Verifiable Credentials Data Model 2.0, 4.13.1). */
export const unwrapPresentation = (received: unknown, mediaType: string): unknown =>
  contentOf('EnvelopedVerifiablePresentation', received, mediaType)

function contentOf(envelope: string, received: unknown, mediaType: string): unknown {
  if (typeof received !== 'object' || received === null) return received
  const { id, type: types } = received as JsonObject
  if (!([types].flat() as Json[]).includes(envelope) || typeof id !== 'string') return received
  if (id.startsWith(`data:${mediaType};base64,`)) return id
  return id.startsWith(`data:${mediaType},`) ? id.slice(`data:${mediaType},`.length) : received
}

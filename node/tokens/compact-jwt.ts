import type { JsonObject } from '../json.ts'
import { parseStrictJson } from './strict-json.ts'

/** A compact JWT taken apart; nothing in it has been verified. */
export interface CompactJwt {
  header: JsonObject
  payload: JsonObject
  /** What the signature covers (JWS Signing Input, RFC 7515, 2). */
  signingInput: string
  signature: Uint8Array
}

const compact = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/

/** Bytes of base64url without padding; undefined when they could be written differently, so that no text has a twin. */
export function decodeBase64url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : undefined
}

/** A JSON object as two readers cannot understand it differently: well-formed UTF-8, no name twice. */
function parseObject(part: string): JsonObject | undefined {
  const value = parseJsonBytes(decodeBase64url(part))
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined
}

/** The JSON value of a part of a token; undefined for everything else. */
export function parseJsonBytes(bytes: Uint8Array | undefined): unknown {
  if (!bytes) return undefined
  try {
    return parseStrictJson(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch {
    return undefined
  }
}

/** Takes a compact JWT (RFC 7519, 3) apart; undefined for everything else. */
export function parseCompactJwt(token: unknown): CompactJwt | undefined {
  const [, headerPart = '', payloadPart = '', signaturePart = ''] =
    (typeof token === 'string' && compact.exec(token)) || []
  const header = parseObject(headerPart)
  const payload = parseObject(payloadPart)
  const signature = decodeBase64url(signaturePart)
  if (!header || !payload || !signature) return undefined
  return { header, payload, signingInput: `${headerPart}.${payloadPart}`, signature }
}

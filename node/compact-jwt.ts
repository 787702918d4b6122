import type { JsonObject } from './json.ts'

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
function decodeBase64url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : undefined
}

function parseObject(part: string): JsonObject | undefined {
  const bytes = decodeBase64url(part)
  if (!bytes) return undefined
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as JsonObject)
      : undefined
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

import { createHash } from 'node:crypto'
import { canonicalForm } from '../canonical-form.ts'
import type { Json } from '../json.ts'

/** The JCS text (RFC 8785) of a JSON value in UTF-8. */
export function jcsBytes(value: Json): Uint8Array {
  return Buffer.from(canonicalForm(value))
}

/** SHA-256 as subresource integrity writes it: `sha256-` and padded base64 (W3C SRI, 3.5). */
export function sriDigest(bytes: Uint8Array): string {
  return `sha256-${createHash('sha256').update(bytes).digest('base64')}`
}

/** SHA-256, lower-case hex. */
export function hexDigest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

import { type CoseSign1, parseCoseSign1 } from './cose-sign1.ts'

/** A COSE message as text: a data URL (RFC 2397) in base64, what an envelope of data model 2.0 has as its id. */
export function coseDataUrl(mediaType: string, message: Uint8Array): string {
  return `data:${mediaType};base64,${Buffer.from(message).toString('base64')}`
}

/** The bytes in the data URL of a media type; undefined for everything else, and for base64 whose last
 * bits say nothing. Padding may be left out. */
export function coseBytes(mediaType: string, text: unknown): Buffer | undefined {
  const prefix = `data:${mediaType};base64,`
  if (typeof text !== 'string' || !text.startsWith(prefix)) return undefined
  const encoded = text.slice(prefix.length)
  const bytes = Buffer.from(encoded, 'base64')
  const canonical = bytes.toString('base64')
  return encoded === canonical || encoded === canonical.replace(/=+$/, '') ? bytes : undefined
}

/** The COSE_Sign1 (RFC 9052, 4.2) in the data URL of a media type; undefined for everything else. */
export function parseCoseText(mediaType: string, text: unknown): CoseSign1 | undefined {
  const bytes = coseBytes(mediaType, text)
  return bytes && parseCoseSign1(bytes)
}

import type { JsonObject } from '../json.ts'

/**
 * The media type that `typ` names, in lower case and without `application/` (RFC 7515, 4.1.9); undefined when a token
 * has no type, and '' when the type is no text.
 */
export function tokenType({ typ }: JsonObject): string | undefined {
  if (typ === undefined) return undefined
  return typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : ''
}

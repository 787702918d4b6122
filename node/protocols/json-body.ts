import { parseStrictJson } from '../tokens/strict-json.ts'

/**
 * The value of a request body; undefined for an empty one.
 *
 * @throws MALFORMED_REQUEST with every duplicate or forbidden name and its pointer
 */
export function parseJsonBody(text: string): unknown {
  return text.trim() === '' ? undefined : parseStrictJson(text)
}

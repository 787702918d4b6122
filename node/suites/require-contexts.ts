import type { Json, JsonObject } from '../json.ts'
import type { DocumentLoader } from './suite.ts'

const contextsOf = (document: Json): Json[] =>
  typeof document === 'object' && document !== null
    ? ([(document as JsonObject)['@context'] ?? []].flat() as Json[])
    : []

/**
 * Asks the loader for every context that a document names, or one of the credentials in it.
 * @throws what the loader throws for one it refuses
 */
export async function requireContexts(document: JsonObject, documentLoader: DocumentLoader): Promise<void> {
  const credentials = [document.verifiableCredential ?? []].flat() as Json[]
  const urls = new Set([document, ...credentials].flatMap(contextsOf))
  await Promise.all([...urls].map((url) => (typeof url === 'string' ? documentLoader(url) : undefined)))
}

import type { JsonObject } from '../json.ts'
import type { DocumentLoader } from './suite.ts'

/** Asks the loader for every context that a document names. @throws what the loader throws for one it refuses */
export async function requireContexts(document: JsonObject, documentLoader: DocumentLoader): Promise<void> {
  const urls = [document['@context'] ?? []].flat().filter((url) => typeof url === 'string')
  await Promise.all(urls.map((url) => documentLoader(url)))
}

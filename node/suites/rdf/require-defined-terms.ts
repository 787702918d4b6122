import jsonld from 'jsonld'
import type { JsonObject } from '../../json.ts'
import type { DocumentLoader } from '../suite.ts'

/** @throws Error of jsonld for a term, a type or an id that no context defines */
export async function requireDefinedTerms(
  document: JsonObject,
  documentLoader: DocumentLoader,
): Promise<void> {
  await jsonld.expand(document, { documentLoader, safe: true })
}

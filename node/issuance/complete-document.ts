import type { JsonObject } from '../json.ts'
import type { DocumentTerms } from './document-terms.ts'
import type { PipelineDeps, StatusEntry } from './pipeline.ts'

/**
 * The document with what securing it needs: contexts of the suite and of its status entries, and the entries. It gets
 * an id when it has none, unless every derived proof would have to reveal it.
 */
export function completeDocument(
  deps: Pick<PipelineDeps, 'registryTerms' | 'statusListUrl'>,
  terms: DocumentTerms,
  input: { document: JsonObject; credentialId: string; entry: StatusEntry | undefined },
): JsonObject {
  const { suite, dataModel } = terms
  const { document, credentialId, entry } = input
  const { '@context': context, id, ...members } = document
  const encodings = entry ? terms.statusEncodings.filter(({ place }) => place === 'entry') : []
  const needed = [
    ...suite.contexts(dataModel),
    ...encodings.flatMap((encoding) => encoding.contexts(dataModel, deps.registryTerms)),
  ]
  const named = id ?? (suite.derive ? undefined : credentialId)
  const position = entry && { ...entry, purposes: terms.purposes, urlOf: deps.statusListUrl }
  const entries = [
    ...[document.credentialStatus ?? []].flat(),
    ...(position ? encodings.flatMap((encoding) => encoding.entries(position)) : []),
  ]
  return {
    '@context': [...new Set([...[context ?? []].flat(), ...needed])],
    ...(named === undefined ? {} : { id: named }),
    ...members,
    ...(position && { credentialStatus: entries.length === 1 ? entries[0] : entries }),
  }
}

import type { DIDDocument, DIDDocumentMetadata, DIDResolutionResult } from 'did-resolver'

/** Why a DID has no document: the `error` of its resolution. */
export type ResolutionError =
  | 'invalidDid'
  | 'invalidDidUrl'
  | 'notFound'
  | 'unsupportedDidMethod'
  | 'representationNotSupported'
  /** The chain does not answer, or not as it should: a later attempt may succeed. */
  | 'chainUnreachable'
  /** The host of a did:web does not answer: a later attempt may succeed. */
  | 'hostUnreachable'

/** The result of a resolution that found a document. */
export const resolved = (
  didDocument: DIDDocument,
  didDocumentMetadata: DIDDocumentMetadata = {},
): DIDResolutionResult => ({
  didResolutionMetadata: { contentType: 'application/did+ld+json' },
  didDocument,
  didDocumentMetadata,
})

/** The result of a resolution that found none. */
export const unresolved = (error: ResolutionError, message: string): DIDResolutionResult => ({
  didResolutionMetadata: { error, message },
  didDocument: null,
  didDocumentMetadata: {},
})

/** The result for a string that is no DID of its method. */
export const invalidDid = (message: string): DIDResolutionResult => unresolved('invalidDid', message)

import type { Resolvable } from 'did-resolver'
import { type ErrorCode, IssuerError } from '../errors.ts'
import type { JsonObject } from '../json.ts'

/** What a DID stands for. */
export interface DidResolution {
  document: JsonObject & { id: string }
  /** Whether it has been deactivated: the document of a deactivated did:ethr has no keys. */
  deactivated: boolean
  /** For did:ethr: the block of its last change; undefined when it never changed. */
  versionId?: string
  /** ISO 8601, UTC: the time of that block. */
  updated?: string
}

const codes: Readonly<Record<string, ErrorCode>> = {
  chainUnreachable: 'CHAIN_UNREACHABLE',
  hostUnreachable: 'DID_HOST_UNREACHABLE',
  unsupportedDidMethod: 'DID_METHOD_UNSUPPORTED',
}

/**
 * Resolves a DID, or a DID URL that names a version of it; undefined when there is no such DID.
 * @throws CHAIN_UNREACHABLE, DID_HOST_UNREACHABLE, DID_METHOD_UNSUPPORTED
 */
export async function resolveDid(resolver: Resolvable, did: string): Promise<DidResolution | undefined> {
  const { didDocument, didDocumentMetadata, didResolutionMetadata } = await resolver.resolve(did)
  const { error } = didResolutionMetadata
  const code = error === undefined ? undefined : codes[error]
  if (code) throw new IssuerError(code, { facts: { did } })
  if (error !== undefined || !didDocument) return undefined
  const { deactivated = false, versionId, updated } = didDocumentMetadata
  return {
    document: didDocument as DidResolution['document'],
    deactivated,
    ...(versionId === undefined ? {} : { versionId }),
    ...(updated === undefined ? {} : { updated }),
  }
}

import { IssuerError } from '../errors.ts'
import type { StoredDid } from '../stores/stored-did.ts'
import type { DidDeps } from './registrar.ts'

/**
 * A DID of this node that can still change.
 * @throws DID_NOT_FOUND, ISSUER_DEACTIVATED
 */
export async function requireDid(deps: Pick<DidDeps, 'dids'>, did: string): Promise<StoredDid> {
  const stored = await deps.dids.get(did)
  if (!stored || stored.state === 'pending') throw new IssuerError('DID_NOT_FOUND', { facts: { did } })
  if (stored.state === 'deactivated') throw new IssuerError('ISSUER_DEACTIVATED', { facts: { did } })
  return stored
}

/**
 * A did:ethr whose controller key this node holds.
 * @throws DID_NOT_FOUND, ISSUER_DEACTIVATED, DID_METHOD_UNSUPPORTED, DID_NOT_CONTROLLED
 */
export async function requireControlledDid(
  deps: Pick<DidDeps, 'dids'>,
  did: string,
): Promise<StoredDid & { controllerKeyRef: string }> {
  const stored = await requireDid(deps, did)
  const { controllerKeyRef } = stored
  if (stored.method !== 'ethr') {
    const detail =
      stored.method === 'web'
        ? 'The keys of a did:web of this node stay as they are: make another DID.'
        : `A did:${stored.method} never changes: it stands for its key.`
    throw new IssuerError('DID_METHOD_UNSUPPORTED', { detail, facts: { did } })
  }
  if (controllerKeyRef === null) {
    const detail =
      'The controller key of this DID lives elsewhere: its owner makes the change at the DID registry. For a new ' +
      'assertion key the owner revokes the old one there; POST /dids/import then tells what to add.'
    throw new IssuerError('DID_NOT_CONTROLLED', { detail, facts: { did } })
  }
  return { ...stored, controllerKeyRef }
}

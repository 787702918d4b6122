import { eventRow } from '../events/event.ts'
import { applyChanges } from './apply-changes.ts'
import type { DidDeps } from './registrar.ts'
import { requireControlledDid, requireDid } from './require-did.ts'

const nobody = '0x0000000000000000000000000000000000000000'

/**
 * Deactivates a DID for ever: nobody, the owner included, can bring it back. The document of a did:web is no longer
 * served, which needs no transaction.
 * @throws DID_NOT_FOUND, ISSUER_DEACTIVATED, DID_NOT_CONTROLLED, DID_METHOD_UNSUPPORTED, CHAIN_UNREACHABLE
 */
export async function deactivateDid(
  deps: DidDeps,
  { did }: { did: string },
): Promise<{ did: string; transactionHash: string | null }> {
  const { method } = await requireDid(deps, did)
  if (method === 'web') {
    await deps.dids.deactivate(did, deactivated(deps, did, null))
    return { did, transactionHash: null }
  }
  const stored = await requireControlledDid(deps, did)
  const { transactionHash } = await applyChanges(deps, stored, [{ kind: 'changeOwner', owner: nobody }])
  await deps.dids.deactivate(did, deactivated(deps, did, transactionHash))
  return { did, transactionHash }
}

const deactivated = ({ now }: Pick<DidDeps, 'now'>, subject: string, transactionHash: string | null) =>
  eventRow({ type: 'did.deactivated', subject, data: { transactionHash }, at: now() })

import type { DidDeps } from './registrar.ts'

/** Records a DID that is to be made; one for which there is no room leaves no keys behind. @throws QUOTA_EXCEEDED */
export async function recordPending(
  deps: Pick<DidDeps, 'dids' | 'keyStore'>,
  pending: Parameters<DidDeps['dids']['insertPending']>[0],
): Promise<void> {
  try {
    await deps.dids.insertPending(pending)
  } catch (error) {
    for (const { keyRef } of pending.keys) await deps.keyStore.destroy(keyRef)
    if (pending.controllerKeyRef !== null) await deps.keyStore.destroy(pending.controllerKeyRef)
    throw error
  }
}

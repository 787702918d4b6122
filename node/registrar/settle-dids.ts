import { IssuerError } from '../errors.ts'
import type { StoredDid } from '../stores/stored-did.ts'
import { writePendingDid } from './create-did.ts'
import type { DidDeps } from './registrar.ts'
import { settleKeys } from './settle-keys.ts'
import { isSurelyLost } from './surely-lost.ts'

/**
 * Makes good what was left between the database and the ledger: finishes DIDs that were being made, takes over keys
 * that a transaction has put into a document, forgets those that can no longer come there. At the start, before
 * anything else writes, pending DIDs are written again at once. In a `running` node a request may still be at work on
 * them, or its transaction wait to be mined: what the ledger shows is taken over, and only what is surely lost is
 * written again. It returns how many DIDs it looked at.
 * @throws CHAIN_UNREACHABLE, RELAYER_UNFUNDED
 */
export async function settleDids(deps: DidDeps, { running = false } = {}): Promise<number> {
  const unsettled = await deps.dids.unsettled()
  const failures: unknown[] = []
  for (const stored of unsettled) {
    await settle(deps, stored, running).catch((error) => {
      if (!running) throw error
      failures.push(error)
    })
  }
  // one DID whose keys are damaged must not keep all others waiting
  if (failures.length > 0) throw failures[0]
  return unsettled.length
}

async function settle(deps: DidDeps, stored: StoredDid, running: boolean): Promise<void> {
  const { deactivated, missing } = await settleKeys(deps, stored)
  if (deactivated || missing.length === 0) return
  if (stored.state !== 'pending') return forgetLostKeys(deps, stored)
  if (!running || isSurelyLost(stored.createdAt, deps.now())) await finish(deps, stored)
}

async function finish(deps: DidDeps, stored: StoredDid): Promise<void> {
  try {
    await writePendingDid(deps, stored)
  } catch (error) {
    // The first transaction was mined in between.
    const settled =
      error instanceof IssuerError && !error.retryable ? await settleKeys(deps, stored) : undefined
    if (settled?.missing.length !== 0) throw error
  }
}

async function forgetLostKeys(deps: DidDeps, { did, pendingKeys }: StoredDid): Promise<void> {
  const lost = pendingKeys
    .filter(({ createdAt }) => isSurelyLost(createdAt, deps.now()))
    .map(({ keyRef }) => keyRef)
  await deps.dids.removePendingKeys(did, lost)
  for (const keyRef of lost) await deps.keyStore.destroy(keyRef)
}

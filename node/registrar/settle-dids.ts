import { IssuerError } from '../errors.ts'
import type { StoredDid } from '../stores/stored-did.ts'
import { writePendingDid } from './create-did.ts'
import type { DidDeps } from './registrar.ts'
import { settleKeys } from './settle-keys.ts'

// A signed change counts for an hour (see the DID registry of node/ledger); twice that is surely too late.
const signatureLifetimeMs = 7_200_000

/**
 * Makes good what an earlier process left between the database and the ledger: finishes DIDs that were being made,
 * takes over keys that a transaction has put into a document, forgets those that can no longer come there. Run it at
 * the start, before anything else writes; it returns how many DIDs it looked at.
 * @throws CHAIN_UNREACHABLE, RELAYER_UNFUNDED
 */
export async function settleDids(deps: DidDeps): Promise<number> {
  const unsettled = await deps.dids.unsettled()
  for (const stored of unsettled) await settle(deps, stored)
  return unsettled.length
}

async function settle(deps: DidDeps, stored: StoredDid): Promise<void> {
  const { deactivated, missing } = await settleKeys(deps, stored)
  if (deactivated || missing.length === 0) return
  // The owner of an imported DID may take as long as it likes.
  if (stored.state === 'pending' && stored.origin === 'imported') return
  if (stored.state === 'pending') await finish(deps, stored)
  else await forgetLostKeys(deps, stored)
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
  const before = deps.now().getTime() - signatureLifetimeMs
  const lost = pendingKeys
    .filter(({ createdAt }) => Date.parse(createdAt) < before)
    .map(({ keyRef }) => keyRef)
  await deps.dids.removePendingKeys(did, lost)
  for (const keyRef of lost) await deps.keyStore.destroy(keyRef)
}

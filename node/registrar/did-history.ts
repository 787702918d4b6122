import { IssuerError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { DidEvent } from '../ledger/ledger.ts'
import type { DidDeps } from './registrar.ts'

/** One change of a DID, oldest first in a history. Time: ISO 8601, UTC. */
export interface DidHistoryEntry {
  time: string
  blockNumber: number
  transactionHash: string
  change: JsonObject
}

/**
 * All that the ledger says has happened to a did:ethr; nothing for other DIDs, which never change there.
 * @throws DID_METHOD_UNSUPPORTED, CHAIN_UNREACHABLE
 */
export async function didHistory(
  deps: Pick<DidDeps, 'ledger'>,
  { did }: { did: string },
): Promise<readonly DidHistoryEntry[]> {
  const identity = deps.ledger.identityOf(did)
  if (!identity) {
    const detail = 'Only a did:ethr of this registry has a history on the ledger.'
    throw new IssuerError('DID_METHOD_UNSUPPORTED', { detail, facts: { did } })
  }
  const events = await deps.ledger.dids.history(identity)
  return events.map(({ time, blockNumber, transactionHash, change }) => ({
    time,
    blockNumber,
    transactionHash,
    change: toJson(change),
  }))
}

function toJson(change: DidEvent['change']): JsonObject {
  if (change.kind === 'ownerChanged') return { ...change }
  const validTo = untilText(change.validTo)
  if (change.kind === 'delegateChanged') return { ...change, validTo }
  return { ...change, value: `0x${Buffer.from(change.value).toString('hex')}`, validTo }
}

/** ISO 8601; null for a revocation (0); what no Date can hold, as seconds. */
function untilText(validTo: bigint): string | null {
  if (validTo === 0n) return null
  const milliseconds = Number(validTo) * 1000
  return milliseconds <= 8.64e15 ? new Date(milliseconds).toISOString() : validTo.toString()
}

import { setTimeout as delay } from 'node:timers/promises'
import type { Log } from 'viem'
import type { ChainClient } from './client.ts'
import type { Address, LedgerChange, RegistryAddresses } from './ledger.ts'

interface WatchDeps {
  client: ChainClient
  registries: RegistryAddresses
}

// After a long outage what changed is asked for in pieces.
const widestRange = 2_000n

/** What an event changed: each event of the registries has its subject as first indexed argument. */
function changeOf({ address, topics }: Log, registries: RegistryAddresses): LedgerChange | undefined {
  const subject = topics[1]
  if (!subject) return undefined
  const contract = address.toLowerCase()
  if (contract === registries.didRegistry) {
    return { registry: 'did', identity: `0x${subject.slice(-40)}` as Address }
  }
  if (contract === registries.schemaRegistry) return { registry: 'schema', key: subject }
  if (contract === registries.statusListRegistry) return { registry: 'status-list', key: subject }
  return undefined
}

/**
 * Tells the changes of the registries as they are mined, from the block after the present one; while the chain
 * does not answer it tells nothing, and what was missed afterwards. Returns the function that stops it.
 */
export function watchRegistries(
  { client, registries }: WatchDeps,
  onChange: (change: LedgerChange) => void,
): () => void {
  const stopping = new AbortController()
  const address = [registries.didRegistry, registries.schemaRegistry, registries.statusListRegistry]

  /** Tells what changed after block `seen`, and gives the block up to which everything is told. */
  async function tellSince(seen: bigint | undefined): Promise<bigint> {
    const head = await client.getBlockNumber()
    // A chain that became shorter was restarted or went another way: nothing of what was told need be unsaid.
    if (seen === undefined || head <= seen) return head
    const to = head - seen > widestRange ? seen + widestRange : head
    const logs = await client.getLogs({ address, fromBlock: seen + 1n, toBlock: to })
    for (const log of logs) {
      const change = changeOf(log, registries)
      if (change && !stopping.signal.aborted) onChange(change)
    }
    return to
  }

  async function follow(): Promise<void> {
    let seen: bigint | undefined
    while (!stopping.signal.aborted) {
      seen = await tellSince(seen).catch(() => seen)
      await delay(client.pollingInterval, undefined, { signal: stopping.signal, ref: false }).catch(() => {})
    }
  }

  void follow()
  return () => stopping.abort()
}

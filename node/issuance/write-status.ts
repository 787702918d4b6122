import type { Hex, Ledger, StatusOp } from '../ledger/ledger.ts'
import type { StatusListStore } from '../stores/status-lists.ts'
import type { LedgerFacts } from './ledger-facts.ts'
import { isRevert } from './refusal.ts'
import { readStatusBits, type StatusBit } from './status-bits.ts'

interface Deps {
  ledger: Pick<Ledger, 'statusLists' | 'outcome'>
  facts: Pick<LedgerFacts, 'forget' | 'passThrough'>
  statusLists: Pick<StatusListStore, 'get'>
}

/** A bit and the value that it gets. */
export interface BitChange extends StatusBit {
  value: boolean
}

// Whoever is always second to another writer of the same list has to be told so.
const VERSION_ATTEMPTS = 8

/**
 * Writes bits on the ledger, in as few transactions as gas allows, all of them signed and stored under `reference`
 * before the first is sent, so that they go on whatever happens. Gives the transaction of each change, in order.
 * @throws TRANSACTION_REVERTED, RELAYER_UNFUNDED, FEE_CAP_REACHED, CHAIN_UNREACHABLE
 */
export async function writeStatus(
  deps: Deps,
  { changes, reference }: { changes: readonly BitChange[]; reference: string },
): Promise<Hex[]> {
  const hashes = new Map<BitChange, Hex>()
  let left = changes
  for (let attempt = 1; left.length > 0; attempt++) {
    const ops = await operations(deps, left)
    const parts = await deps.ledger.statusLists.planStatus(ops)
    const passed = deps.facts.passThrough(versionsBetween(parts))
    try {
      await send(deps, { parts, changes: left, reference }, hashes)
      break
    } catch (error) {
      const isStale = isRevert(error) && error.facts.error === 'UnexpectedVersion'
      if (!isStale || attempt === VERSION_ATTEMPTS) throw error
      // of several transactions the first may have been mined before another writer came between
      const bits = await readStatusBits(deps, left)
      left = left.filter(({ value }, position) => bits[position] !== value)
    } finally {
      for (const { key } of ops) deps.facts.forget({ registry: 'status-list', key })
      passed()
    }
  }
  const other = hashes.size < changes.length ? (await deps.ledger.outcome(reference)).receipts[0] : undefined
  return changes.map((change) => hashes.get(change) ?? other?.transactionHash ?? '0x')
}

/** The versions that lists have after some of the transactions and before others. */
function versionsBetween(parts: readonly (readonly StatusOp[])[]): { key: Hex; version: number }[] {
  const written = new Set<Hex>()
  return parts.flatMap((part) => {
    const begun = part.filter(({ key }) => written.has(key))
    for (const { key } of part) written.add(key)
    return begun.map(({ key, expectedVersion }) => ({ key, version: expectedVersion }))
  })
}

async function send(
  { ledger, statusLists }: Deps,
  {
    parts,
    changes,
    reference,
  }: { parts: readonly StatusOp[][]; changes: readonly BitChange[]; reference: string },
  hashes: Map<BitChange, Hex>,
): Promise<void> {
  const receipts = await ledger.statusLists.setStatus(parts, { reference })
  const partOf = new Map<string, number>()
  for (const [number, part] of parts.entries())
    for (const { key, indices, value } of part)
      for (const index of indices) partOf.set(`${key} ${value} ${index}`, number)
  const keys = new Map<string, string | undefined>()
  for (const { statusListId } of changes)
    if (!keys.has(statusListId)) keys.set(statusListId, (await statusLists.get(statusListId))?.key)
  for (const change of changes) {
    const key = keys.get(change.statusListId)
    const receipt = receipts[partOf.get(`${key} ${change.value} ${change.index}`) ?? 0]
    if (receipt) hashes.set(change, receipt.transactionHash)
  }
}

/** One operation for each list and value, its indices increasing, on the list's present version. */
async function operations(deps: Deps, changes: readonly BitChange[]): Promise<StatusOp[]> {
  const ops: StatusOp[] = []
  const versions = new Map<Hex, number>()
  for (const group of Map.groupBy(
    changes,
    ({ statusListId, value }) => `${value} ${statusListId}`,
  ).values()) {
    const { statusListId, value } = group[0] as BitChange
    const key = (await deps.statusLists.get(statusListId))?.key as Hex
    const version = versions.get(key) ?? (await deps.ledger.statusLists.get(key))?.version ?? 0
    // two operations on one list follow each other
    versions.set(key, version + 1)
    const indices = group.map(({ index }) => index).sort((a, b) => a - b)
    ops.push({ key, expectedVersion: version, indices, value })
  }
  return ops
}

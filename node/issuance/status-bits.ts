import type { Hex, Ledger } from '../ledger/ledger.ts'
import type { StatusListStore } from '../stores/status-lists.ts'

interface Deps {
  ledger: Pick<Ledger, 'statusLists'>
  statusLists: Pick<StatusListStore, 'get'>
}

/** Where a bit stands. */
export interface StatusBit {
  statusListId: string
  index: number
}

// A whole list of 131,072 entries is 512 words in one answer; a single bit is a question of its own.
const SINGLE_BITS = 32

/**
 * The bits at some places, in their order, as the ledger has them now; false where there is no such list. Many of
 * one list are read with the whole list.
 * @throws CHAIN_UNREACHABLE
 */
export async function readStatusBits(deps: Deps, places: readonly StatusBit[]): Promise<boolean[]> {
  const bits = new Array<boolean>(places.length).fill(false)
  const positions = Map.groupBy(places.keys(), (position) => places[position]?.statusListId as string)
  for (const [statusListId, group] of positions) {
    const key = (await deps.statusLists.get(statusListId))?.key as Hex | undefined
    if (key === undefined) continue
    const indices = group.map((position) => places[position]?.index as number)
    const found = await readOne(deps, key, indices)
    for (const [n, position] of group.entries()) bits[position] = found[n] ?? false
  }
  return bits
}

async function readOne({ ledger }: Deps, key: Hex, indices: readonly number[]): Promise<boolean[]> {
  if (indices.length <= SINGLE_BITS)
    return Promise.all(indices.map((index) => ledger.statusLists.statusOf(key, index)))
  const { bits } = await ledger.statusLists.bitstring(key)
  return indices.map((index) => (((bits[index >> 3] ?? 0) >> (7 - (index & 7))) & 1) === 1)
}

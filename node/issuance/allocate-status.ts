import { createPermutation } from '../status/permute.ts'
import { createMemo } from './memo.ts'
import { openStatusPair, permutationContext } from './open-status-pair.ts'
import type { CheckedTerms, PipelineDeps, StatusEntry } from './pipeline.ts'

type Deps = Pick<
  PipelineDeps,
  'ledger' | 'statusLists' | 'secrets' | 'statusListUrl' | 'listCapacity' | 'now'
>

/**
 * Hands out status entries of an issuer: from its present pair of lists and, where that ends, from the next one.
 * @throws STATUS_LIST_FULL, ISSUER_DEACTIVATED, DELEGATION_ON_LEDGER_MISSING, CHAIN_UNREACHABLE
 */
export type AllocateStatus = (input: {
  issuer: CheckedTerms['issuer']
  count: number
}) => Promise<StatusEntry[]>

/** A pair ready to hand out entries. */
interface OpenPair {
  id: string
  capacity: number
  permute: (position: number) => number
  lists: StatusEntry['lists']
}

const PAIRS = 1_000

/**
 * Makes the allocation of one node: one statement for any number of entries, whichever node asks; the n-th entry
 * of a pair has the index `permute(n)`, unique without a search and telling nothing of the order.
 */
export function createAllocation(deps: Deps): AllocateStatus {
  const pairs = createMemo({ limit: PAIRS, load: (did: string) => openPair(deps, did) })

  return async ({ issuer, count }) => {
    const entries: StatusEntry[] = []
    while (entries.length < count) {
      const { id, capacity, permute, lists } = await pairs.get(issuer.did)
      const wanted = count - entries.length
      const first = (await deps.statusLists.take(id, wanted)) ?? capacity
      const end = Math.min(first + wanted, capacity)
      for (let position = first; position < end; position++)
        entries.push({ index: permute(position), position, lists })
      // the pair is at its end: the next look finds or opens the next one
      if (entries.length < count) pairs.forget(issuer.did)
    }
    return entries
  }
}

async function openPair(deps: Deps, did: string): Promise<OpenPair> {
  const identity = deps.ledger.identityOf(did)
  if (!identity) throw new RangeError(`no issuer of this registry: ${did}`)
  const row = await openStatusPair(deps, { did, identity })
  const lists = await deps.statusLists.listsOf(row.pair_id)
  const secret = deps.secrets.open(row.secret, permutationContext(row.pair_id))
  return {
    id: row.pair_id,
    capacity: row.capacity,
    permute: createPermutation(secret, row.capacity),
    lists: { revocation: lists.revocation.status_list_id, suspension: lists.suspension.status_list_id },
  }
}

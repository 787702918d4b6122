import { randomBytes, randomUUID } from 'node:crypto'
import { IssuerError } from '../errors.ts'
import type { Address, Hex } from '../ledger/ledger.ts'
import { statusListId } from '../ledger/resource-id.ts'
import type { StatusPairRow } from '../stores/status-lists.ts'
import type { PipelineDeps } from './pipeline.ts'
import { isRevert, refusalOf } from './refusal.ts'

const PURPOSES = ['revocation', 'suspension'] as const
// numbers used on the ledger by another node or a lost database are passed over, up to so many
const ATTEMPTS = 64
const MAX_NUMBER = 0xffff_ffff

type Deps = Pick<
  PipelineDeps,
  'ledger' | 'statusLists' | 'secrets' | 'statusListUrl' | 'listCapacity' | 'now'
>

/** What the secret of a pair's permutation is sealed for. */
export function permutationContext(pairId: string): string {
  return `status-permutation:${pairId}`
}

/**
 * The pair of status lists from which an issuer's next entries are taken; where there is none, the next one is
 * opened on the ledger, both lists in one transaction.
 * @throws STATUS_LIST_FULL, ISSUER_DEACTIVATED, DELEGATION_ON_LEDGER_MISSING, CHAIN_UNREACHABLE
 */
export async function openStatusPair(
  deps: Deps,
  issuer: { did: string; identity: Address },
): Promise<StatusPairRow> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const current = await deps.statusLists.current(issuer.did)
    if (current?.state === 'open') return current
    if (current) await openOnLedger(deps, issuer, current)
    else await plan(deps, issuer)
  }
  throw new IssuerError('STATUS_LIST_FULL')
}

async function plan(deps: Deps, issuer: { did: string; identity: Address }): Promise<void> {
  const number = (await deps.statusLists.highestNumber(issuer.did)) + 1
  if (number > MAX_NUMBER) throw new IssuerError('STATUS_LIST_FULL')
  // another node may have written a pair since nothing was found: then this number is one behind it
  if (await deps.statusLists.current(issuer.did)) return
  const pairId = randomUUID()
  const pair = {
    pair_id: pairId,
    issuer_did: issuer.did,
    number,
    capacity: deps.listCapacity,
    secret: deps.secrets.seal(randomBytes(32), permutationContext(pairId)),
    state: 'opening' as const,
    created_at: deps.now().toISOString(),
  }
  // another node may have written the same number: then its pair is taken
  await deps.statusLists.insertPair(
    pair,
    PURPOSES.map((purpose) => ({
      status_list_id: statusListId(issuer.did, purpose, number),
      pair_id: pairId,
      key: deps.ledger.statusLists.keyOf({ issuer: issuer.identity, purpose, number }),
      issuer_did: issuer.did,
      purpose,
    })),
  )
}

async function openOnLedger(
  deps: Deps,
  issuer: { did: string; identity: Address },
  pair: StatusPairRow,
): Promise<void> {
  const { number, capacity } = pair
  const lists = PURPOSES.map((purpose) => ({
    issuer: issuer.identity,
    purpose,
    number,
    capacity,
    url: deps.statusListUrl(statusListId(issuer.did, purpose, number)),
  }))
  const settle = async () => {
    const state = await ledgerState(deps, lists, pair.pair_id, issuer.did)
    if (state !== undefined) await deps.statusLists.opened(pair.pair_id, state)
    return state !== undefined
  }
  if (await settle()) return
  try {
    await deps.ledger.statusLists.createLists(lists, {
      onSigned: ({ hash }) => deps.statusLists.opening(pair.pair_id, hash),
    })
  } catch (error) {
    if (!isRevert(error)) throw error
    if (await settle()) return
    throw await refusalOf(deps, issuer.identity, error)
  }
  await deps.statusLists.opened(pair.pair_id, 'open')
}

/** `open` when our transaction made the lists, `foreign` when somebody else's did, undefined when there are none. */
async function ledgerState(
  deps: Deps,
  lists: readonly { issuer: Address; purpose: 'revocation' | 'suspension'; number: number }[],
  pairId: string,
  issuerDid: string,
): Promise<'open' | 'foreign' | undefined> {
  const found = await Promise.all(
    lists.map((list) => deps.ledger.statusLists.get(deps.ledger.statusLists.keyOf(list))),
  )
  if (found.every((list) => list === undefined)) return undefined
  if (found.some((list) => list === undefined)) return 'foreign'
  // a hash may have been written since the pair was read
  const row = await deps.statusLists.current(issuerDid)
  const hashes = row?.pair_id === pairId ? (row.transaction_hash?.split(' ') ?? []) : []
  const mined = await Promise.all(hashes.map((hash) => isMined(deps, hash as Hex)))
  return mined.includes(true) ? 'open' : 'foreign'
}

async function isMined(deps: Deps, hash: Hex): Promise<boolean> {
  try {
    return (await deps.ledger.receipt(hash)) !== undefined
  } catch (error) {
    if (isRevert(error)) return false
    throw error
  }
}

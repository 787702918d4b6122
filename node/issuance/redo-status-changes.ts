import { randomUUID } from 'node:crypto'
import type { IssuerError } from '../errors.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { OpenStatusChange, StatusChangeStore } from '../stores/status-changes.ts'
import type { StatusListStore } from '../stores/status-lists.ts'
import type { LedgerFacts } from './ledger-facts.ts'
import { isRevert } from './refusal.ts'
import { actionRules, entryFor } from './status-action.ts'
import { readStatusBits } from './status-bits.ts'
import { type BitChange, writeStatus } from './write-status.ts'

interface Deps {
  ledger: Pick<Ledger, 'statusLists' | 'outcome'>
  facts: Pick<LedgerFacts, 'forget'>
  statusChanges: Pick<StatusChangeStore, 'listLost' | 'issuersOfLost' | 'remade' | 'rebatch'>
  statusLists: Pick<StatusListStore, 'get'>
}

/** Whether a change is still what the records say; a later one of the same credential has taken its place otherwise. */
const isWanted = ({ action, status }: OpenStatusChange) =>
  action === 'revoke' || status === actionRules[action].status

/**
 * Makes changes of status again that a reorganisation took off the ledger, after somebody was told that they are made;
 * gives their number. An issuer whom the ledger refuses by now holds up nobody else.
 * @throws CHAIN_UNREACHABLE, RELAYER_UNFUNDED, FEE_CAP_REACHED; TRANSACTION_REVERTED, when those of all others are made
 */
export async function redoStatusChanges(deps: Deps): Promise<number> {
  const lost = await deps.statusChanges.listLost()
  if (lost.length === 0) return 0
  let refusal = await unlessRefused(redo(deps, lost))
  if (refusal === undefined) return lost.length
  const issuers = await deps.statusChanges.issuersOfLost()
  for (const issuer of issuers.length > 1 ? issuers : []) {
    // read again, as the ones before took their time
    const own = await deps.statusChanges.listLost(issuer)
    refusal = (await unlessRefused(redo(deps, own))) ?? refusal
  }
  throw refusal
}

/** Gives why the ledger refused it. */
async function unlessRefused(done: Promise<void>): Promise<IssuerError | undefined> {
  try {
    await done
    return undefined
  } catch (error) {
    if (isRevert(error)) return error
    throw error
  }
}

async function redo(deps: Deps, lost: readonly OpenStatusChange[]): Promise<void> {
  const wanted = lost.filter(isWanted)
  const places: BitChange[] = wanted.map((change) => ({
    ...(entryFor(change.action, change) ?? { statusListId: '', index: 0 }),
    value: actionRules[change.action].value,
  }))
  const bits = await readStatusBits(deps, places)
  const missing = [...places.keys()].filter((n) => bits[n] !== places[n]?.value)
  const reference = randomUUID()
  await deps.statusChanges.rebatch(
    missing.map((n) => wanted[n]?.id as string),
    reference,
  )
  const changes = missing.map((n) => places[n] as BitChange)
  const hashes = await writeStatus(deps, { changes, reference })
  const hashOf = new Map(missing.map((n, position) => [wanted[n]?.id, hashes[position]]))
  const done = lost.map((change) => ({
    ...change,
    transaction_hash: hashOf.get(change.id) ?? change.transaction_hash,
  }))
  await deps.statusChanges.remade(done)
}

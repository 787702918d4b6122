import type { Hex, Ledger } from '../ledger/ledger.ts'
import type { OpenStatusChange, StatusChangeStore } from '../stores/status-changes.ts'
import type { StatusListStore } from '../stores/status-lists.ts'
import { isRevert } from './refusal.ts'
import { actionRules, entryFor } from './status-action.ts'
import { readStatusBits } from './status-bits.ts'
import { statusChanged } from './status-event.ts'

interface Deps {
  ledger: Pick<Ledger, 'statusLists' | 'receipt' | 'outcome'>
  statusChanges: StatusChangeStore
  statusLists: Pick<StatusListStore, 'get'>
  now(): Date
}

/** A transaction of before transactions were kept: after an hour it is given up. */
const LOST_AFTER_MS = 3_600_000

/** What became of changes whose outcome was not known. */
export interface SettledChanges {
  made: readonly OpenStatusChange[]
  /** Perhaps still to be mined. */
  undecided: readonly OpenStatusChange[]
}

/** Whether the transactions of a change may still be mined, and those that were. */
type Outcome = Awaited<ReturnType<Ledger['outcome']>>

/**
 * Asks the ledger about changes that were sent and never confirmed, such as by a process that was killed, and
 * writes into the database what it says.
 * @throws CHAIN_UNREACHABLE
 */
export async function settleStatusChanges(
  deps: Deps,
  changes: readonly OpenStatusChange[],
): Promise<SettledChanges> {
  const made: OpenStatusChange[] = []
  const undecided: OpenStatusChange[] = []
  const failed: OpenStatusChange[] = []
  const outcomes = new Map<string, Outcome>()
  // before the bits: what is mined between the two questions shows in the second
  for (const { batch } of changes)
    if (batch !== null && !outcomes.has(batch)) outcomes.set(batch, await deps.ledger.outcome(batch))
  const isMade = await readMade(deps, changes)
  for (const [position, change] of changes.entries()) {
    const outcome = outcomes.get(change.batch ?? '')
    const hash = outcome?.receipts[0]?.transactionHash ?? change.transaction_hash
    if (isMade[position]) made.push({ ...change, transaction_hash: hash })
    else if (outcome ? outcome.pending : await mayBeMined(deps, change)) undecided.push(change)
    else failed.push(change)
  }
  for (const [action, done] of Map.groupBy(made, (change) => change.action))
    await deps.statusChanges.made(done, actionRules[action].status, statusChanged(deps, action, null))
  await deps.statusChanges.failed(failed.map(({ id }) => id))
  return { made, undecided }
}

/** Whether the ledger has what each change was to make. */
async function readMade(deps: Deps, changes: readonly OpenStatusChange[]): Promise<boolean[]> {
  const entries = changes.map((change) => entryFor(change.action, change))
  const places = entries.map((entry) => entry ?? { statusListId: '', index: 0 })
  const bits = await readStatusBits(deps, places)
  return changes.map(
    ({ action }, position) => entries[position] !== undefined && bits[position] === actionRules[action].value,
  )
}

async function mayBeMined(deps: Deps, change: OpenStatusChange): Promise<boolean> {
  if (change.transaction_hash === null) return false
  if (deps.now().getTime() - Date.parse(change.at) > LOST_AFTER_MS) return false
  try {
    return (await deps.ledger.receipt(change.transaction_hash as Hex)) === undefined
  } catch (error) {
    if (isRevert(error)) return false
    throw error
  }
}

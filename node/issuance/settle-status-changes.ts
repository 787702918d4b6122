import type { Hex, Ledger } from '../ledger/ledger.ts'
import type { OpenStatusChange, StatusChangeStore } from '../stores/status-changes.ts'
import type { StatusListStore } from '../stores/status-lists.ts'
import { isRevert } from './refusal.ts'
import { actionRules, entryFor } from './status-action.ts'
import { statusChanged } from './status-event.ts'

interface Deps {
  ledger: Pick<Ledger, 'statusLists' | 'receipt'>
  statusChanges: StatusChangeStore
  statusLists: Pick<StatusListStore, 'get'>
  now(): Date
}

/** A signed transaction that is not mined after an hour is given up; its bit would still be found when mined. */
const LOST_AFTER_MS = 3_600_000

/** What became of changes whose outcome was not known. */
export interface SettledChanges {
  made: readonly OpenStatusChange[]
  /** Perhaps still to be mined. */
  undecided: readonly OpenStatusChange[]
}

/**
 * Asks the ledger about changes that were sent and never confirmed, such as by a process that was killed, and
 * writes into the database what it says.
 */
export async function settleStatusChanges(
  deps: Deps,
  changes: readonly OpenStatusChange[],
): Promise<SettledChanges> {
  const made: OpenStatusChange[] = []
  const undecided: OpenStatusChange[] = []
  const failed: OpenStatusChange[] = []
  for (const change of changes) {
    if (await isMade(deps, change)) made.push(change)
    else if (await mayBeMined(deps, change)) undecided.push(change)
    else failed.push(change)
  }
  for (const [action, done] of Map.groupBy(made, (change) => change.action))
    await deps.statusChanges.made(done, actionRules[action].status, statusChanged(deps, action, null))
  await deps.statusChanges.failed(failed.map(({ id }) => id))
  return { made, undecided }
}

async function isMade(deps: Deps, change: OpenStatusChange): Promise<boolean> {
  const entry = entryFor(change.action, change)
  const list = entry && (await deps.statusLists.get(entry.statusListId))
  if (!entry || !list) return false
  const bit = await deps.ledger.statusLists.statusOf(list.key as Hex, entry.index)
  return bit === actionRules[change.action].value
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

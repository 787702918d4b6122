import type { Job, Queue } from '../jobs/queue.ts'
import type { Hex, Ledger, TransactionFate } from '../ledger/ledger.ts'
import type { RegistrationRow, RegistrationStore } from '../stores/registrations.ts'
import type { StatusChangeStore } from '../stores/status-changes.ts'
import { ANCHOR_JOB } from './anchor.ts'
import { STATUS_JOB } from './change-status.ts'

interface Deps {
  ledger: Pick<Ledger, 'tend' | 'statusLists'>
  registrations: Pick<RegistrationStore, 'madeBy' | 'move' | 'reopen'>
  statusChanges: Pick<StatusChangeStore, 'move' | 'lose'>
  queue: Pick<Queue, 'notify'>
  /** Milliseconds between two looks; 2,000 when left out. */
  intervalMs?: number
}

/**
 * Makes the job that looks after the relayer's transactions until they are final, and lets the records follow where a
 * reorganisation takes them: what is mined elsewhere is noted, what is lost is done again.
 */
export function createTransactionTending(deps: Deps): Job {
  return {
    name: 'transactions',
    // two of them would both raise the fee of one transaction
    exclusive: true,
    intervalMs: deps.intervalMs ?? 2_000,
    run: () => deps.ledger.tend((fate) => follow(deps, fate)),
  }
}

async function follow(deps: Deps, fate: TransactionFate): Promise<void> {
  const { reference } = fate
  if (reference === null) return
  if (fate.purpose === 'registration') await followRegistrations(deps, reference, fate)
  if (fate.purpose !== 'status') return
  if (fate.outcome === 'mined') {
    return deps.statusChanges.move(reference, fate.hashes, fate.receipt.transactionHash)
  }
  await deps.statusChanges.lose(reference, fate.hashes)
  deps.queue.notify(STATUS_JOB)
}

async function followRegistrations(deps: Deps, anchorId: string, fate: TransactionFate): Promise<void> {
  const rows = await deps.registrations.madeBy(anchorId, fate.hashes)
  if (rows.length === 0) return
  if (fate.outcome === 'mined') {
    return deps.registrations.move(
      rows.map(({ registration_id }) => registration_id),
      fate.receipt,
    )
  }
  for (const row of rows) await reopenLost(deps, row)
  deps.queue.notify(ANCHOR_JOB)
}

/** Its entries are registered again, with the same root, unless another transaction has done so. */
async function reopenLost({ ledger, registrations }: Deps, row: RegistrationRow): Promise<void> {
  const key = row.key as Hex
  const registered = (await ledger.statusLists.get(key))?.registered ?? 0
  const found = registered > row.first ? await ledger.statusLists.registration(key, row.first) : undefined
  if (found && found.root === row.root) await registrations.move([row.registration_id], found)
  else await registrations.reopen(row.registration_id, registered)
}

import { IssuerError } from '../errors.ts'
import { type Counted, type CountedRows, counted } from './counted-rows.ts'
import type { Database } from './database.ts'

/** Most rows of each kind that one owner has. */
export type Quotas = Readonly<Record<Counted, number>>

/**
 * Looks, at the end of a transaction that has added rows, whether their owner may have so many: whoever adds to the same
 * ones waits until that is decided, so that no number of requests at a time exceeds a quota.
 * @throws QUOTA_EXCEEDED, or the code of the kind: the transaction must be given up
 */
export type CheckRoom = (trx: Database, kind: Counted, owner: string) => Promise<void>

/** For stores outside of a node. */
export const boundless: CheckRoom = async () => {}

export function createRoomCheck(quotas: Quotas): CheckRoom {
  return async (trx, kind, owner) => {
    const { name, code = 'QUOTA_EXCEEDED', count, quotaOf }: CountedRows = counted[kind]
    const lockName = `${kind} ${owner}`
    await lock(trx, lockName)
    const quota = (await quotaOf?.(trx, owner)) ?? quotas[kind]
    const isWithin = (await count(trx, owner)) <= quota
    await unlock(trx, lockName)
    if (isWithin) return
    const detail = `There are ${quota} ${name} already, which is as many as there may be.`
    throw new IssuerError(code, { detail, facts: { quota } })
  }
}

/** Does something in a transaction, alone under a name. */
export function withLock<T>(
  database: Database,
  name: string,
  act: (trx: Database) => Promise<T>,
): Promise<T> {
  return database.transaction().execute(async (trx) => {
    await lock(trx, name)
    const result = await act(trx)
    await unlock(trx, name)
    return result
  })
}

/** Holds a name until the end of the transaction, on every database. */
export async function lock(trx: Database, name: string): Promise<void> {
  await trx
    .insertInto('quota_locks')
    .values({ name })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ name }))
    .execute()
}

/** Leaves nothing of a lock behind; whoever waits for it goes on when the transaction ends, and not before. */
async function unlock(trx: Database, name: string): Promise<void> {
  await trx.deleteFrom('quota_locks').where('name', '=', name).execute()
}

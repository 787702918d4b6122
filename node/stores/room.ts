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
    await lock(trx, `${kind} ${owner}`)
    const quota = (await quotaOf?.(trx, owner)) ?? quotas[kind]
    if ((await count(trx, owner)) <= quota) return
    const detail = `There are ${quota} ${name} already, which is as many as there may be.`
    throw new IssuerError(code, { detail, facts: { quota } })
  }
}

/** Holds a name until the end of the transaction, on every database. */
export async function lock(trx: Database, name: string): Promise<void> {
  await trx
    .insertInto('quota_locks')
    .values({ name })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ name }))
    .execute()
}

/** Does something in a transaction, alone under a name that is not used again and again, so that nothing stays of it. */
export function withLock<T>(
  database: Database,
  name: string,
  act: (trx: Database) => Promise<T>,
): Promise<T> {
  return database.transaction().execute(async (trx) => {
    await lock(trx, name)
    const result = await act(trx)
    await trx.deleteFrom('quota_locks').where('name', '=', name).execute()
    return result
  })
}

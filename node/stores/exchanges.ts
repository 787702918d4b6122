import type { Database } from './database.ts'
import { appendEvent } from './events.ts'
import { pageOf } from './page.ts'
import { boundless, type CheckRoom } from './room.ts'
import type { NewRow, Row } from './tables.ts'

export type ExchangeRow = Row<'exchanges'>
type Settable = Pick<
  ExchangeRow,
  'state' | 'issuer_did' | 'messages' | 'kept' | 'auto_accept_request' | 'credential_id' | 'expires_at'
>

/** One step of one exchange, with everything that is true only together with it. */
export interface ExchangeChange {
  /** A new exchange, or a change of the one that was read in the state `from`. */
  row: NewRow<'exchanges'> | { id: string; from: ExchangeRow['state']; set: Partial<Settable> }
  at: string
  event: NewRow<'events'>
  outbox: readonly NewRow<'outbox'>[]
  /** The message that asks for the step. */
  received?: NewRow<'received_messages'> | undefined
  also?: ((trx: Database) => Promise<void>) | undefined
  /** The error for an exchange that has moved on meanwhile, or was there already. */
  refuse(found: ExchangeRow | undefined): Error
}

/** Which exchanges of a tenant, newest first. */
export interface ExchangeQuestion {
  tenantId: string
  limit: number
  cursor?: string | undefined
  role?: ExchangeRow['role'] | undefined
  states?: readonly ExchangeRow['state'][] | undefined
  connectionIds?: readonly string[] | undefined
  /** Issuers to which exchanges as an issuer are limited; undefined means any. */
  issuers?: readonly string[] | undefined
}

/** Questions to the tables of exchanges and of the messages that were taken. */
export type ExchangeStore = ReturnType<typeof createExchangeStore>

export function createExchangeStore(database: Database, room = boundless) {
  const one = (db: Database) => db.selectFrom('exchanges').selectAll()
  return {
    /**
     * Does a step in one transaction, or in that of the caller; false when its message was taken before, and then
     * nothing is written.
     * @throws what `refuse` gives when the exchange is not in the state in which it was read; EXCHANGE_LIMIT
     */
    async commit(change: ExchangeChange, within?: Database): Promise<boolean> {
      if (within) return write(within, change, room)
      return database.transaction().execute((trx) => write(trx, change, room))
    },

    async find(id: string): Promise<ExchangeRow | undefined> {
      return one(database).where('id', '=', id).executeTakeFirst()
    },

    async findThread(connectionId: string, threadId: string): Promise<ExchangeRow | undefined> {
      return one(database)
        .where('connection_id', '=', connectionId)
        .where('thread_id', '=', threadId)
        .executeTakeFirst()
    },

    async received(connectionId: string, messageId: string): Promise<Row<'received_messages'> | undefined> {
      return database
        .selectFrom('received_messages')
        .selectAll()
        .where('connection_id', '=', connectionId)
        .where('message_id', '=', messageId)
        .executeTakeFirst()
    },

    async list(question: ExchangeQuestion): Promise<{ items: ExchangeRow[]; nextCursor: string | null }> {
      const order = { time: 'created_at', id: 'id' } as const
      const { rows, nextCursor } = await pageOf(selected(database, question), order, question)
      return { items: rows, nextCursor }
    },

    /** Exchanges whose time is over. */
    async expired(now: string, limit: number): Promise<ExchangeRow[]> {
      return one(database).where('expires_at', '<=', now).orderBy('expires_at').limit(limit).execute()
    },

    /** Forgets what an exchange that is at its end has said; its thread stays taken. */
    async remove(id: string, { at, event }: { at: string; event: NewRow<'events'> }): Promise<boolean> {
      return database.transaction().execute(async (trx) => {
        const { numUpdatedRows } = await trx
          .updateTable('exchanges')
          .set({ removed_at: at, updated_at: at, messages: '{}', kept: null })
          .where('id', '=', id)
          .where('state', 'in', ['DONE', 'ABANDONED'])
          .where('removed_at', 'is', null)
          .executeTakeFirst()
        if (numUpdatedRows > 0n) await appendEvent(trx, event)
        return numUpdatedRows > 0n
      })
    },
  }
}

async function write(trx: Database, change: ExchangeChange, room: CheckRoom): Promise<boolean> {
  // first of all: whoever brings the same message at the same time waits here for this transaction
  if (change.received && !(await insertNew(trx, 'received_messages', change.received))) return false
  await writeRow(trx, change)
  if (!('from' in change.row)) await room(trx, 'exchanges', change.row.connection_id)
  if (change.outbox.length > 0) await trx.insertInto('outbox').values(change.outbox).execute()
  await appendEvent(trx, change.event)
  await change.also?.(trx)
  return true
}

async function writeRow(trx: Database, { row, at, refuse }: ExchangeChange): Promise<void> {
  const exchanges = trx.selectFrom('exchanges').selectAll()
  if ('from' in row) {
    const { numUpdatedRows } = await trx
      .updateTable('exchanges')
      .set({ ...row.set, updated_at: at })
      .where('id', '=', row.id)
      .where('state', '=', row.from)
      .executeTakeFirst()
    if (numUpdatedRows === 0n) throw refuse(await exchanges.where('id', '=', row.id).executeTakeFirst())
  } else if (!(await insertNew(trx, 'exchanges', row))) {
    const thread = exchanges.where('connection_id', '=', row.connection_id)
    throw refuse(await thread.where('thread_id', '=', row.thread_id).executeTakeFirst())
  }
}

/** False when the row is there already: nothing fails, so that a transaction of PostgreSQL can go on. */
async function insertNew<T extends 'received_messages' | 'exchanges'>(
  trx: Database,
  table: T,
  row: NewRow<T>,
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await trx
    .insertInto(table as 'exchanges')
    .values(row as NewRow<'exchanges'>)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow()
  return (numInsertedOrUpdatedRows ?? 0n) > 0n
}

function selected(database: Database, question: ExchangeQuestion) {
  const { role, states, connectionIds, issuers } = question
  let query = database
    .selectFrom('exchanges')
    .selectAll()
    .where('tenant_id', '=', question.tenantId)
    .where('removed_at', 'is', null)
  if (role) query = query.where('role', '=', role)
  if (states) query = query.where('state', 'in', states)
  if (connectionIds) query = query.where('connection_id', 'in', connectionIds)
  if (!issuers) return query
  return query.where((eb) =>
    eb.or([
      eb('role', '=', 'HOLDER'),
      eb('issuer_did', 'is', null),
      ...(issuers.length > 0 ? [eb('issuer_did', 'in', issuers)] : []),
    ]),
  )
}

import type { Database } from './database.ts'
import { appendEvent } from './events.ts'
import { pageOf } from './page.ts'
import { boundless, type CheckRoom } from './room.ts'
import type { NewRow, Row } from './tables.ts'

export type ConnectionRow = Row<'connections'>
type Settable = Pick<
  ConnectionRow,
  'state' | 'their_label' | 'endpoint' | 'peer_token' | 'inbox_hash' | 'expires_at'
>

/** One step of a connection, with everything that is true only together with it. */
export interface ConnectionChange {
  row: NewRow<'connections'> | { id: string; from: ConnectionRow['state']; set: Partial<Settable> }
  at: string
  event: NewRow<'events'>
  outbox: readonly NewRow<'outbox'>[]
  /** The message that asks for the step. */
  received?: NewRow<'received_messages'> | undefined
  also?: ((trx: Database) => Promise<void>) | undefined
}

/** How long what was abandoned is shown. */
const abandonedMs = 30 * 86_400_000
const forgottenAtOnce = 100

/** Questions to the table of connections. */
export type ConnectionStore = ReturnType<typeof createConnectionStore>

export function createConnectionStore(database: Database, room = boundless) {
  return {
    /**
     * Does a step in one transaction. `before`: its message was taken before; `late`: the connection is not in the
     * state in which it was read. Then nothing is written.
     * @throws QUOTA_EXCEEDED
     */
    async commit(change: ConnectionChange): Promise<'done' | 'before' | 'late'> {
      try {
        return await database.transaction().execute((trx) => write(trx, change, room))
      } catch (error) {
        if (error instanceof Late) return 'late'
        throw error
      }
    },

    async find(id: string): Promise<ConnectionRow | undefined> {
      return database.selectFrom('connections').selectAll().where('id', '=', id).executeTakeFirst()
    },

    async list(question: {
      tenantId: string
      limit: number
      cursor?: string | undefined
      states?: readonly ConnectionRow['state'][] | undefined
    }): Promise<{ items: ConnectionRow[]; nextCursor: string | null }> {
      const { states } = question
      const ofTenant = database
        .selectFrom('connections')
        .selectAll()
        .where('tenant_id', '=', question.tenantId)
      const query = states ? ofTenant.where('state', 'in', states) : ofTenant
      const { rows, nextCursor } = await pageOf(query, { time: 'created_at', id: 'id' }, question)
      return { items: rows, nextCursor }
    },

    /** Connections that were not made in time. */
    async expired(now: string, limit: number): Promise<ConnectionRow[]> {
      return database
        .selectFrom('connections')
        .selectAll()
        .where('expires_at', '<=', now)
        .limit(limit)
        .execute()
    },
  }
}

/** Rolls a transaction back. */
class Late extends Error {}

async function write(trx: Database, change: ConnectionChange, room: CheckRoom): Promise<'done' | 'before'> {
  const { row, at, received } = change
  if (received) {
    const { numInsertedOrUpdatedRows } = await trx
      .insertInto('received_messages')
      .values(received)
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirstOrThrow()
    if (numInsertedOrUpdatedRows === 0n) return 'before'
  }
  if ('from' in row) {
    const { numUpdatedRows } = await trx
      .updateTable('connections')
      .set({ ...row.set, updated_at: at })
      .where('id', '=', row.id)
      .where('state', '=', row.from)
      .executeTakeFirst()
    if (numUpdatedRows === 0n) throw new Late()
    if (row.set.state === 'ABANDONED') await endExchanges(trx, row.id, at)
  } else {
    await forgetAbandoned(trx, { tenantId: row.tenant_id, at })
    await trx.insertInto('connections').values(row).execute()
    await room(trx, 'connections', row.tenant_id)
  }
  if (change.outbox.length > 0) await trx.insertInto('outbox').values(change.outbox).execute()
  await appendEvent(trx, change.event)
  await change.also?.(trx)
  return 'done'
}

/** Those that led to nothing long ago make room for new ones. */
async function forgetAbandoned(
  trx: Database,
  { tenantId, at }: { tenantId: string; at: string },
): Promise<void> {
  const before = new Date(Date.parse(at) - abandonedMs).toISOString()
  const abandoned = await trx
    .selectFrom('connections')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('state', '=', 'ABANDONED')
    .where('updated_at', '<', before)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('exchanges')
            .select('exchanges.id')
            .whereRef('exchanges.connection_id', '=', 'connections.id'),
        ),
      ),
    )
    .limit(forgottenAtOnce)
    .execute()
  const ids = abandoned.map(({ id }) => id)
  if (ids.length === 0) return
  await trx.deleteFrom('received_messages').where('connection_id', 'in', ids).execute()
  await trx.deleteFrom('connections').where('id', 'in', ids).execute()
}

/** What can no longer be finished is abandoned at once, as if its time were over. */
async function endExchanges(trx: Database, connectionId: string, at: string): Promise<void> {
  await trx
    .updateTable('exchanges')
    .set({ expires_at: at })
    .where('connection_id', '=', connectionId)
    .where('state', 'in', ['PROPOSAL', 'OFFER', 'REQUEST'])
    .execute()
}

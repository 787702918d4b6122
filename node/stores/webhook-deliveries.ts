import type { PlacedEventRow } from './audit-log.ts'
import type { Database } from './database.ts'
import { type PageQuestion, pageOf } from './page.ts'
import type { NewRow, Row } from './tables.ts'
import { type WebhookRow, webhookJob } from './webhooks.ts'

export type DeliveryRow = Row<'webhook_deliveries'>
export type NewDeliveryRow = Pick<NewRow<'webhook_deliveries'>, 'id' | 'webhook_id' | 'type' | 'payload'>

/** Makes what is told of events: to whom, and with what words. */
export type Telling = (events: readonly PlacedEventRow[], webhooks: readonly WebhookRow[]) => NewDeliveryRow[]

/** Questions to the table of deliveries. */
export type WebhookDeliveryStore = ReturnType<typeof createWebhookDeliveryStore>

export function createWebhookDeliveryStore(database: Database) {
  return {
    /**
     * Reads on in the audit log and writes what its events give to be told, each once; one process does it at a time.
     * It returns how many events were read.
     */
    async fanOut({ limit, now, tell }: { limit: number; now: string; tell: Telling }): Promise<number> {
      if (!(await isBehind(database))) return 0
      return database.transaction().execute(async (trx) => {
        const { seq } = await trx
          .updateTable('log_places')
          .set((eb) => ({ seq: eb.ref('seq') }))
          .where('name', '=', 'webhooks')
          .returning('seq')
          .executeTakeFirstOrThrow()
        const webhooks = await trx.selectFrom('webhooks').selectAll().where('state', '=', 'enabled').execute()
        const events = webhooks.length > 0 ? await eventsBehind(trx, seq, limit) : []
        await insertAll(trx, tell(events, webhooks), now)
        await moveOn(trx, webhooks.length > 0 ? (events.at(-1)?.seq ?? seq) : 'head')
        return events.length
      })
    },

    /** Writes something that is told to one address. `also` is written in the same transaction, as below. */
    async insert(row: NewDeliveryRow, now: string, also?: (trx: Database) => Promise<void>): Promise<void> {
      await database.transaction().execute(async (trx) => {
        await insertAll(trx, [row], now)
        await also?.(trx)
      })
    },

    async get(id: string): Promise<DeliveryRow | undefined> {
      return database.selectFrom('webhook_deliveries').selectAll().where('id', '=', id).executeTakeFirst()
    },

    async update(id: string, change: Partial<DeliveryRow>): Promise<void> {
      await database.updateTable('webhook_deliveries').set(change).where('id', '=', id).execute()
    },

    /** A page for one address, newest first. */
    async list(
      question: PageQuestion & { webhookId: string; state?: DeliveryRow['state'] | undefined },
    ): Promise<{ items: DeliveryRow[]; nextCursor: string | null }> {
      const all = database
        .selectFrom('webhook_deliveries')
        .selectAll()
        .where('webhook_id', '=', question.webhookId)
      const query = question.state === undefined ? all : all.where('state', '=', question.state)
      const { rows, nextCursor } = await pageOf(query, { time: 'created_at', id: 'id' }, question)
      return { items: rows, nextCursor }
    },

    /** Makes one due again, whatever became of it; what is waiting already is due at once. */
    async replay(row: DeliveryRow, now: string, also?: (trx: Database) => Promise<void>): Promise<void> {
      await database.transaction().execute(async (trx) => {
        const again = { due_at: now, attempts: 0, done_at: null, dead_at: null, last_error: null }
        await trx
          .insertInto('outbox')
          .values({ id: row.id, job: webhookJob(row.webhook_id), payload: row.id, due_at: now })
          .onConflict((conflict) => conflict.column('id').doUpdateSet(again))
          .execute()
        await trx
          .updateTable('webhook_deliveries')
          .set({ state: 'pending', error: null, updated_at: now })
          .where('id', '=', row.id)
          .execute()
        await also?.(trx)
      })
    },

    /** Forgets what was delivered, or given up, before a time. */
    async forget(state: DeliveryRow['state'], before: string): Promise<void> {
      await database.transaction().execute(async (trx) => {
        const old = await trx
          .selectFrom('webhook_deliveries')
          .select('id')
          .where('state', '=', state)
          .where('updated_at', '<', before)
          .limit(500)
          .execute()
        const ids = old.map(({ id }) => id)
        if (ids.length === 0) return
        await trx.deleteFrom('outbox').where('id', 'in', ids).execute()
        await trx.deleteFrom('webhook_deliveries').where('id', 'in', ids).execute()
      })
    },
  }
}

/** Whether there are events that have not been read. */
async function isBehind(database: Database): Promise<boolean> {
  const rows = await database.selectFrom('log_places').select(['name', 'seq']).execute()
  const place = (name: string) => rows.find((row) => row.name === name)?.seq ?? 0
  return place('webhooks') < place('head')
}

async function eventsBehind(trx: Database, seq: number, limit: number): Promise<PlacedEventRow[]> {
  const rows = await trx
    .selectFrom('events')
    .selectAll()
    .where('seq', '>', seq)
    .orderBy('seq')
    .limit(limit)
    .execute()
  return rows as PlacedEventRow[]
}

/** Moves the place of the reader, to the head where nobody wants to be told anything. */
async function moveOn(trx: Database, to: number | 'head'): Promise<void> {
  await trx
    .updateTable('log_places')
    .set((eb) => ({
      seq:
        to === 'head'
          ? eb.selectFrom('log_places as head').select('head.seq').where('head.name', '=', 'head')
          : to,
    }))
    .where('name', '=', 'webhooks')
    .execute()
}

async function insertAll(trx: Database, rows: readonly NewDeliveryRow[], now: string): Promise<void> {
  for (let from = 0; from < rows.length; from += 100) {
    const some = rows.slice(from, from + 100)
    await trx
      .insertInto('webhook_deliveries')
      .values(
        some.map(
          (row) => ({ ...row, state: 'pending', attempts: 0, created_at: now, updated_at: now }) as const,
        ),
      )
      .execute()
    await trx
      .insertInto('outbox')
      .values(
        some.map(({ id, webhook_id }) => ({ id, job: webhookJob(webhook_id), payload: id, due_at: now })),
      )
      .execute()
  }
}

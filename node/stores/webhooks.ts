import { sql } from 'kysely'
import type { Database } from './database.ts'
import { appendEvent } from './events.ts'
import type { NewRow, Row } from './tables.ts'

export type WebhookRow = Row<'webhooks'>

/** The job whose rows in the outbox are for one address. */
export const webhookJob = (webhookId: string): string => `webhook:${webhookId}`

/** Questions to the table of webhooks. */
export type WebhookStore = ReturnType<typeof createWebhookStore>

export function createWebhookStore(database: Database) {
  return {
    /** Adds one, unless the tenant has `limit` already. */
    async insert(
      row: Omit<NewRow<'webhooks'>, 'from_seq'>,
      {
        limit,
        event,
        also,
      }: { limit: number; event: NewRow<'events'>; also?: (trx: Database) => Promise<void> },
    ): Promise<boolean> {
      return database.transaction().execute(async (trx) => {
        // locked first, so that two at the same time do not both find room
        const place = await trx
          .updateTable('log_places')
          .set((eb) => ({ seq: eb.ref('seq') }))
          .where('name', '=', 'webhooks')
          .returning('seq')
          .executeTakeFirstOrThrow()
        const own = await trx
          .selectFrom('webhooks')
          .select('id')
          .where('tenant_id', '=', row.tenant_id)
          .execute()
        if (own.length >= limit) return false
        const head = await trx
          .selectFrom('log_places')
          .select('seq')
          .where('name', '=', 'head')
          .executeTakeFirstOrThrow()
        await trx
          .insertInto('webhooks')
          .values({ ...row, from_seq: Math.max(place.seq, head.seq) })
          .execute()
        await appendEvent(trx, event)
        await also?.(trx)
        return true
      })
    },

    async get(id: string): Promise<WebhookRow | undefined> {
      return database.selectFrom('webhooks').selectAll().where('id', '=', id).executeTakeFirst()
    },

    /** Of a tenant, the oldest first. */
    async list(tenantId: string): Promise<WebhookRow[]> {
      return database
        .selectFrom('webhooks')
        .selectAll()
        .where('tenant_id', '=', tenantId)
        .orderBy('created_at')
        .orderBy('id')
        .execute()
    },

    /** `also` is written in the same transaction. */
    async update(
      id: string,
      change: Partial<WebhookRow>,
      event?: NewRow<'events'>,
      also?: (trx: Database) => Promise<void>,
    ): Promise<void> {
      await database.transaction().execute(async (trx) => {
        const changed = await trx
          .updateTable('webhooks')
          .set(change)
          .where('id', '=', id)
          .returning('id')
          .execute()
        if (event && changed.length > 0) await appendEvent(trx, event)
        await also?.(trx)
      })
    },

    /** Disables one that is enabled; false when it is not. */
    async disable(id: string, reason: string, event: NewRow<'events'>): Promise<boolean> {
      return database.transaction().execute(async (trx) => {
        const { numUpdatedRows } = await trx
          .updateTable('webhooks')
          .set({ state: 'disabled', disabled_reason: reason })
          .where('id', '=', id)
          .where('state', '=', 'enabled')
          .executeTakeFirst()
        if (numUpdatedRows > 0n) await appendEvent(trx, event)
        return numUpdatedRows > 0n
      })
    },

    /** Takes one away with everything that it was still to be told. */
    async remove(id: string, event: NewRow<'events'>): Promise<void> {
      await database.transaction().execute(async (trx) => {
        await trx.deleteFrom('outbox').where('job', '=', webhookJob(id)).execute()
        await trx.deleteFrom('webhook_deliveries').where('webhook_id', '=', id).execute()
        await trx.deleteFrom('webhooks').where('id', '=', id).execute()
        await appendEvent(trx, event)
      })
    },

    /** Enabled ones for which something is due. */
    async due(now: string): Promise<string[]> {
      const rows = await database
        .selectFrom('webhooks')
        .select('id')
        .where('state', '=', 'enabled')
        .where((eb) =>
          eb.exists(
            eb
              .selectFrom('outbox')
              .select('outbox.id')
              .where('outbox.job', '=', sql<string>`'webhook:' || webhooks.id`)
              .where('outbox.lane', '=', '')
              .where('outbox.done_at', 'is', null)
              .where('outbox.due_at', '<=', now),
          ),
        )
        .execute()
      return rows.map(({ id }) => id)
    },
  }
}

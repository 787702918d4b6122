import type { Database } from './database.ts'

/** A request as its record is asked for; times are ISO 8601 in UTC. */
export interface IdempotentRequest {
  id: string
  tenantId: string
  fingerprint: string
  /** Who answers it, until when that is believed without further word. */
  holder: string
  now: string
  until: string
  expiresAt: string
}

/** What a record says about a request: texts are sealed. */
export type Begun =
  /** It is the caller's to answer; `outcomes` is what an attempt before, which died, has done, `body` what it had read. */
  | { state: 'begun'; outcomes: string | null; body: string | null }
  | { state: 'answered'; answer: string; body: string | null }
  | { state: 'in use' }
  | { state: 'another request' }

/** How much a tenant has. */
export interface Usage {
  records: number
  bytes: number
}

/** Questions to the records of requests with an Idempotency-Key. */
export type IdempotencyStore = ReturnType<typeof createIdempotencyStore>

export function createIdempotencyStore(database: Database) {
  return {
    /** Takes a request: nobody else gets it before `until`, or before it is released. */
    async begin(request: IdempotentRequest): Promise<Begun> {
      for (;;) {
        if (await insert(database, request)) return { state: 'begun', outcomes: null, body: null }
        const known = await judge(database, request)
        if (known) return known
      }
    },

    /** Writes what an act did, in its transaction; false when somebody else has taken the request over. */
    async note(
      held: Held & { outcomes: string; body: string | null },
      trx: Database = database,
    ): Promise<boolean> {
      const { outcomes, body } = held
      const { numUpdatedRows } = await owned(trx, held)
        .set({ outcomes, body, size: outcomes.length })
        .executeTakeFirst()
      return numUpdatedRows > 0n
    },

    /** Keeps the answer, which stands for what the act did from now on. */
    async answer(held: Held & { answer: string; body: string | null }): Promise<void> {
      const { answer, body } = held
      await owned(database, held).set({ answer, body, outcomes: null, size: answer.length }).execute()
    },

    /** Gives a request back without an answer, for whoever asks next. */
    async release(held: Held): Promise<void> {
      await owned(database, held).set({ until: '' }).execute()
    },

    /** Gives back all that is not answered. */
    async releaseAll(): Promise<void> {
      await database
        .updateTable('idempotency')
        .set({ until: '' })
        .where('answer', 'is', null)
        .where('until', '!=', '')
        .execute()
    },

    async renew({ holder, until }: { holder: string; until: string }): Promise<void> {
      await database
        .updateTable('idempotency')
        .set({ until })
        .where('holder', '=', holder)
        .where('answer', 'is', null)
        .where('until', '!=', '')
        .execute()
    },

    /** Forgets up to `limit` records that are old enough, and tells how many. */
    async forget({ now, limit }: { now: string; limit: number }): Promise<number> {
      const old = database
        .selectFrom('idempotency')
        .select('id')
        .where('expires_at', '<', now)
        .where('until', '<', now)
        .limit(limit)
      const { numDeletedRows } = await database
        .deleteFrom('idempotency')
        .where('id', 'in', old)
        .executeTakeFirst()
      return Number(numDeletedRows)
    },

    async usage(): Promise<Map<string, Usage>> {
      const rows = await database
        .selectFrom('idempotency')
        .select((eb) => [
          'tenant_id',
          eb.fn.countAll<number | string>().as('records'),
          eb.fn.sum<number | string>('size').as('bytes'),
        ])
        .groupBy('tenant_id')
        .execute()
      return new Map(
        rows.map((row) => [row.tenant_id, { records: Number(row.records), bytes: Number(row.bytes) }]),
      )
    },
  }
}

interface Held {
  id: string
  holder: string
}

const owned = (database: Database, { id, holder }: Held) =>
  database
    .updateTable('idempotency')
    .where('id', '=', id)
    .where('holder', '=', holder)
    .where('answer', 'is', null)

async function insert(database: Database, request: IdempotentRequest): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await database
    .insertInto('idempotency')
    .values({
      id: request.id,
      tenant_id: request.tenantId,
      fingerprint: request.fingerprint,
      holder: request.holder,
      until: request.until,
      outcomes: null,
      answer: null,
      expires_at: request.expiresAt,
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirst()
  return (numInsertedOrUpdatedRows ?? 0n) > 0n
}

/** What the record that is there says; undefined when it has gone meanwhile. */
async function judge(database: Database, request: IdempotentRequest): Promise<Begun | undefined> {
  const { id, now, holder, until } = request
  const row = await database.selectFrom('idempotency').selectAll().where('id', '=', id).executeTakeFirst()
  if (!row) return undefined
  if (row.expires_at < now && row.until < now) {
    await database
      .deleteFrom('idempotency')
      .where('id', '=', id)
      .where('expires_at', '=', row.expires_at)
      .execute()
    return undefined
  }
  if (row.fingerprint !== request.fingerprint) return { state: 'another request' }
  if (row.answer !== null) return { state: 'answered', answer: row.answer, body: row.body }
  if (row.until >= now) return { state: 'in use' }
  const [taken] = await database
    .updateTable('idempotency')
    .set({ holder, until })
    .where('id', '=', id)
    .where('answer', 'is', null)
    .where('until', '<', now)
    .returning(['outcomes', 'body'])
    .execute()
  return taken ? { state: 'begun', ...taken } : undefined
}

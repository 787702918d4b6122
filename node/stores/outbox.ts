import type { Database } from './database.ts'
import type { NewRow, Row } from './tables.ts'

export type OutboxRow = Row<'outbox'>

/** Questions to the outbox, for jobs whose rows are handled one by one. */
export type OutboxStore = ReturnType<typeof createOutboxStore>

export function createOutboxStore(database: Database) {
  return {
    async add(rows: readonly NewRow<'outbox'>[]): Promise<void> {
      if (rows.length > 0) await database.insertInto('outbox').values(rows).execute()
    },

    /**
     * Takes rows of a job that are due, the oldest first; nobody else gets them before `until`, when whoever took
     * them must have died.
     */
    async claimDue(claim: { job: string; now: string; until: string; limit: number }): Promise<OutboxRow[]> {
      const rows = await database
        .with('due', (db) =>
          db
            .selectFrom('outbox')
            .select('id')
            .where('job', '=', claim.job)
            .where('done_at', 'is', null)
            .where('due_at', '<=', claim.now)
            .orderBy('due_at')
            .limit(claim.limit)
            // what another process is taking at this moment is left to it, so that nobody waits
            .forUpdate()
            .skipLocked(),
        )
        .updateTable('outbox')
        // without an error until this attempt has one: so `releaseAll` knows who is being handled
        .set((eb) => ({ due_at: claim.until, attempts: eb('attempts', '+', 1), last_error: null }))
        .where('id', 'in', (eb) => eb.selectFrom('due').select('id'))
        .returningAll()
        .execute()
      return rows.sort((a, b) => (a.id < b.id ? -1 : 1))
    },

    /** Makes all rows due that somebody has taken and said nothing more of: for a process that is alone, at its start. */
    async releaseAll(now: string): Promise<void> {
      await database
        .updateTable('outbox')
        .set({ due_at: now })
        .where('attempts', '>', 0)
        .where('last_error', 'is', null)
        .where('done_at', 'is', null)
        .execute()
    },

    async done(id: string): Promise<void> {
      await database.deleteFrom('outbox').where('id', '=', id).execute()
    },

    async retry(id: string, { dueAt, error }: { dueAt: string; error: string }): Promise<void> {
      await database
        .updateTable('outbox')
        .set({ due_at: dueAt, last_error: error })
        .where('id', '=', id)
        .execute()
    },

    /** Gives a row up: it stays, and is not claimed again until it is revived. */
    async bury(id: string, { at, error }: { at: string; error: string }): Promise<void> {
      await database
        .updateTable('outbox')
        .set({ done_at: at, dead_at: at, last_error: error })
        .where('id', '=', id)
        .execute()
    },

    /** Makes a row that was given up due again; false when there is none. */
    async revive(id: string, dueAt: string): Promise<boolean> {
      const { numUpdatedRows } = await database
        .updateTable('outbox')
        .set({ done_at: null, dead_at: null, due_at: dueAt, attempts: 0 })
        .where('id', '=', id)
        .where('dead_at', 'is not', null)
        .executeTakeFirst()
      return numUpdatedRows > 0n
    },
  }
}

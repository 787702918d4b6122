import { sql } from 'kysely'
import type { Database } from './database.ts'
import type { NewRow, Row } from './tables.ts'

export type OutboxRow = Row<'outbox'>

interface Claim {
  job: string
  now: string
  until: string
  limit: number
}

/** The most rows that are taken of a lane. */
interface Share {
  lane: string
  most: number
}

/** Questions to the outbox, for jobs whose rows are handled one by one. */
export type OutboxStore = ReturnType<typeof createOutboxStore>

export function createOutboxStore(database: Database) {
  /** The lane whose turn was the last, of jobs with more to do. */
  const lastLanes = new Map<string, string>()

  return {
    async add(rows: readonly NewRow<'outbox'>[]): Promise<void> {
      if (rows.length > 0) await database.insertInto('outbox').values(rows).execute()
    },

    /**
     * Takes rows of a job that are due: lanes take turns, and of each lane the oldest come first. Nobody else gets them
     * before `until`, when whoever took them must have died.
     */
    async claimDue(claim: Claim): Promise<OutboxRow[]> {
      const lanes = startingAfter(lastLanes.get(claim.job), await dueLanes(database, claim))
      const rows: OutboxRow[] = []
      let last: string | undefined
      while (lanes.length > 0 && rows.length < claim.limit) {
        const shares = shareOut(claim.limit - rows.length, lanes)
        lanes.splice(0, shares.length)
        const taken = await take(database, claim, shares)
        rows.push(...taken)
        // a lane that had its share may have more, of what others have left
        for (const { lane, most } of shares) {
          if (taken.filter((row) => row.lane === lane).length === most) lanes.push(lane)
        }
        last = shares.at(-1)?.lane
      }
      // nothing is left: there is no turn to remember
      if (lanes.length === 0 || last === undefined) lastLanes.delete(claim.job)
      else lastLanes.set(claim.job, last)
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

/**
 * Lanes for which something is due. The index is asked twice for each, however many rows wait in it, also by a planner
 * that knows nothing of the table yet: that makes no join of a question for one value.
 */
async function dueLanes(database: Database, { job, now }: Claim): Promise<string[]> {
  const { rows } = await sql<{ lane: string }>`
    with recursive lanes (lane) as (
      select (select lane from outbox where job = ${job} and done_at is null order by lane limit 1)
      union all
      select (select later.lane from outbox as later
        where later.job = ${job} and later.done_at is null and later.lane > lanes.lane order by later.lane limit 1)
      from lanes where lanes.lane is not null
    )
    select lane from lanes where lane is not null and (
      select due_at from outbox as oldest
      where oldest.job = ${job} and oldest.done_at is null and oldest.lane = lanes.lane order by due_at limit 1
    ) <= ${now}`.execute(database)
  return rows.map(({ lane }) => lane)
}

function startingAfter(last: string | undefined, lanes: readonly string[]): string[] {
  const inOrder = lanes.toSorted()
  const next = last === undefined ? 0 : inOrder.findIndex((lane) => lane > last)
  return next <= 0 ? inOrder : [...inOrder.slice(next), ...inOrder.slice(0, next)]
}

/** Shares room out, to the first lanes where there are more of them than there is room. */
function shareOut(room: number, lanes: readonly string[]): Share[] {
  const some = lanes.slice(0, room)
  const each = Math.floor(room / some.length)
  return some.map((lane, place) => ({ lane, most: each + (place < room % some.length ? 1 : 0) }))
}

/** Takes the oldest rows of each lane that are due, in one statement. */
async function take(database: Database, claim: Claim, shares: readonly Share[]): Promise<OutboxRow[]> {
  return (
    database
      .with('due', (db) =>
        shares
          .map(({ lane, most }) =>
            db
              .selectFrom((eb) =>
                eb
                  .selectFrom('outbox')
                  .select('id')
                  .where('job', '=', claim.job)
                  .where('lane', '=', lane)
                  .where('done_at', 'is', null)
                  .where('due_at', '<=', claim.now)
                  .orderBy('due_at')
                  .limit(most)
                  // what another process is taking at this moment is left to it, so that nobody waits
                  .forUpdate()
                  .skipLocked()
                  .as('oldest'),
              )
              .select('id'),
          )
          .reduce((some, more) => some.unionAll(more)),
      )
      .updateTable('outbox')
      // without an error until this attempt has one: so `releaseAll` knows who is being handled
      .set((eb) => ({ due_at: claim.until, attempts: eb('attempts', '+', 1), last_error: null }))
      .where('id', 'in', (eb) => eb.selectFrom('due').select('id'))
      .returningAll()
      .execute()
  )
}

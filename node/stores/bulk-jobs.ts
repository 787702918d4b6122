import { sql } from 'kysely'
import type { Database } from './database.ts'
import { pageOf } from './page.ts'
import { lock } from './room.ts'
import type { NewRow, Row } from './tables.ts'

export type BulkJobRow = Row<'bulk_jobs'>
export type BulkState = BulkJobRow['state']

/** Whose job, and which. */
export interface JobKey {
  tenantId: string
  jobId: string
}

interface StateChange {
  from: readonly BulkState[]
  to: BulkState
  at: string
  /** Code and sentence of the fault that caused it. */
  reason?: string
  detail?: string
}

interface NextQuestion {
  now: string
  /** Whose turn it is not, for now. */
  without: { tenants: readonly string[]; jobs: readonly string[] }
}

/** Questions to the table of bulk jobs. Times are ISO 8601 in UTC. */
export type BulkJobStore = ReturnType<typeof createBulkJobStore>

const unended: BulkState[] = ['receiving', 'running', 'paused']

export function createBulkJobStore(database: Database) {
  const own = ({ tenantId, jobId }: JobKey) =>
    database.selectFrom('bulk_jobs').selectAll().where('job_id', '=', jobId).where('tenant_id', '=', tenantId)
  return {
    /** Adds one; false when the tenant has as many already that have not ended. */
    async insert(row: NewRow<'bulk_jobs'>, { most }: { most: number }): Promise<boolean> {
      return database.transaction().execute(async (trx) => {
        await lock(trx, `bulk ${row.tenant_id}`)
        if ((await bulkUsage(trx, row.tenant_id)).jobs >= most) return false
        await trx.insertInto('bulk_jobs').values(row).execute()
        return true
      })
    },

    get: (key: JobKey): Promise<BulkJobRow | undefined> => own(key).executeTakeFirst(),

    /** A page, newest first. @throws MALFORMED_REQUEST when the cursor is none */
    async list(question: {
      tenantId: string
      /** Issuers to which the answer is limited; undefined means any. */
      issuers: readonly string[] | undefined
      limit: number
      cursor?: string | undefined
    }): Promise<{ items: BulkJobRow[]; nextCursor: string | null }> {
      if (question.issuers?.length === 0) return { items: [], nextCursor: null }
      const all = database.selectFrom('bulk_jobs').selectAll().where('tenant_id', '=', question.tenantId)
      const query = question.issuers ? all.where('issuer_did', 'in', question.issuers) : all
      const order = { time: 'created_at', id: 'job_id' } as const
      const { rows, nextCursor } = await pageOf(query, order, question)
      return { items: rows, nextCursor }
    },

    /** Jobs of a tenant that have not ended, their rows, and the rows of all. */
    usage: (tenantId: string): Promise<BulkUsage> => bulkUsage(database, tenantId),

    /**
     * Changes the state of a job that is in one of others, with what else is to be written in the same transaction;
     * undefined when it is in none of them.
     */
    async change(
      jobId: string,
      change: StateChange,
      also?: (trx: Database, job: BulkJobRow) => Promise<void>,
    ): Promise<BulkJobRow | undefined> {
      const { from, to, at, reason = null, detail = null } = change
      return database.transaction().execute(async (trx) => {
        const job = await trx
          .updateTable('bulk_jobs')
          .set({
            ...{ state: to, reason, detail, updated_at: at },
            ...(!unended.includes(to) && { finished_at: at }),
          })
          .where('job_id', '=', jobId)
          .where('state', 'in', from)
          .returningAll()
          .executeTakeFirst()
        if (job) await also?.(trx, job)
        return job
      })
    },

    /** Ends the jobs of which nothing is left to do, with what else is to be written in the same transaction. */
    async finish(at: string, also: (trx: Database, job: BulkJobRow) => Promise<void>): Promise<BulkJobRow[]> {
      // asked without a lock first: mostly there is none
      if (!(await left(database).executeTakeFirst())) return []
      return database.transaction().execute(async (trx) => {
        const ended = await trx
          .updateTable('bulk_jobs')
          .set({ state: 'done', reason: null, detail: null, updated_at: at, finished_at: at })
          .where('job_id', 'in', left(trx))
          .where('state', 'in', ['running', 'paused'])
          .returningAll()
          .execute()
        for (const job of ended) await also(trx, job)
        return ended
      })
    },

    /**
     * The job to go on with: of the tenant whose turn it is, and of its jobs the one that waited longest for a worker,
     * among those with a chunk that nobody has.
     */
    async next({ now, without }: NextQuestion): Promise<BulkJobRow | undefined> {
      let jobs = database.selectFrom('bulk_jobs').selectAll('bulk_jobs')
      if (without.tenants.length > 0) jobs = jobs.where('bulk_jobs.tenant_id', 'not in', without.tenants)
      if (without.jobs.length > 0) jobs = jobs.where('job_id', 'not in', without.jobs)
      return jobs
        .leftJoin('bulk_turns', 'bulk_turns.tenant_id', 'bulk_jobs.tenant_id')
        .where('state', '=', 'running')
        .where((eb) =>
          eb.exists(
            eb
              .selectFrom('bulk_chunks')
              .select('bulk_chunks.number')
              .whereRef('bulk_chunks.job_id', '=', 'bulk_jobs.job_id')
              .where('bulk_chunks.state', '=', 'waiting')
              .where((or) =>
                or.or([
                  or('bulk_chunks.claimed_until', 'is', null),
                  or('bulk_chunks.claimed_until', '<', now),
                ]),
              ),
          ),
        )
        .orderBy((eb) => eb.fn.coalesce('turn', sql.lit(0)))
        .orderBy('served_at')
        .limit(1)
        .executeTakeFirst()
    },

    /** Jobs that did not arrive whole and of which nothing arrives any more, or that ended long ago. */
    async forgotten(limits: { receivingBefore: string; finishedBefore: string }): Promise<BulkJobRow[]> {
      return database
        .selectFrom('bulk_jobs')
        .selectAll()
        .where((eb) =>
          eb.or([
            eb.and([eb('state', '=', 'receiving'), eb('updated_at', '<', limits.receivingBefore)]),
            eb('finished_at', '<', limits.finishedBefore),
          ]),
        )
        .limit(100)
        .execute()
    },

    /** Removes a job in one of these states, with its rows; false when it is in none of them. */
    async remove(jobId: string, states: readonly BulkState[]): Promise<boolean> {
      return database.transaction().execute(async (trx) => {
        // the state first: it keeps others from adding chunks meanwhile
        const found = await trx
          .updateTable('bulk_jobs')
          .set({ state: 'cancelled' })
          .where('job_id', '=', jobId)
          .where('state', 'in', states)
          .returning('job_id')
          .executeTakeFirst()
        if (!found) return false
        await trx.deleteFrom('bulk_chunks').where('job_id', '=', jobId).execute()
        await trx.deleteFrom('bulk_jobs').where('job_id', '=', jobId).execute()
        return true
      })
    },
  }
}

/** What a tenant has of bulk jobs. */
export interface BulkUsage {
  /** That have not ended, and their rows. */
  jobs: number
  rows: number
  /** Rows of all jobs that are not forgotten. */
  kept: number
}

export async function bulkUsage(database: Database, tenantId: string): Promise<BulkUsage> {
  const states = await database
    .selectFrom('bulk_jobs')
    .select((eb) => [
      'state',
      eb.fn.countAll<number | string | bigint>().as('jobs'),
      eb.fn.sum<number | string | bigint | null>('total').as('rows'),
    ])
    .where('tenant_id', '=', tenantId)
    .groupBy('state')
    .execute()
  const sum = (rows: typeof states, what: 'jobs' | 'rows') =>
    rows.reduce((total, row) => total + Number(row[what] ?? 0), 0)
  const under = states.filter(({ state }) => unended.includes(state))
  return { jobs: sum(under, 'jobs'), rows: sum(under, 'rows'), kept: sum(states, 'rows') }
}

/** Jobs under way of whose chunks everything is settled. */
function left(database: Database) {
  return database
    .selectFrom('bulk_jobs')
    .select('job_id')
    .where('state', 'in', ['running', 'paused'])
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('bulk_chunks')
            .select('bulk_chunks.number')
            .whereRef('bulk_chunks.job_id', '=', 'bulk_jobs.job_id')
            .where('bulk_chunks.state', 'in', ['waiting', 'recorded']),
        ),
      ),
    )
}

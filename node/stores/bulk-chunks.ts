import { sql } from 'kysely'
import { type BulkUsage, bulkUsage } from './bulk-jobs.ts'
import type { Database } from './database.ts'
import { lock, withLock } from './room.ts'
import type { NewRow, Row } from './tables.ts'

export type BulkChunkRow = Row<'bulk_chunks'>

/** Which chunk. */
export interface ChunkKey {
  job_id: string
  number: number
}

/** What became of the rows of a chunk; `outcome` is packed. */
interface Recorded {
  issued: number
  failed: number
  outcome: string
  /** One of its credentials; null when none has to be registered. */
  credentialId: string | null
  worker: string
  at: string
}

/** What the ledger made of a chunk. `rows` are the failed ones, packed; `refused` counts what it did not take. */
interface Settlement {
  outcome: string
  rows: string
  refused: number
  transactionHashes: readonly string[]
  at: string
}

/** How the registration of a credential stands. */
export interface CredentialRegistration {
  credential_id: string
  holder_did: string
  status_list_id: string | null
  status_index: number | null
  secured: string
  state: Row<'registrations'>['state'] | null
  transaction_hash: string | null
  reason: string | null
}

/** Questions to the table of the chunks of bulk jobs. Times are ISO 8601 in UTC. */
export type BulkChunkStore = ReturnType<typeof createBulkChunkStore>

const SERIES = 10

export function createBulkChunkStore(database: Database) {
  return {
    /** Adds a chunk to a job that is being received, unless what its tenant has becomes too much; false when it is not. */
    async add(
      chunk: NewRow<'bulk_chunks'>,
      { at, check }: { at: string; check(usage: BulkUsage): void },
    ): Promise<boolean> {
      return database.transaction().execute(async (trx) => {
        const job = await trx
          .updateTable('bulk_jobs')
          .set((eb) => ({ total: eb('total', '+', chunk.row_count), updated_at: at }))
          .where('job_id', '=', chunk.job_id)
          .where('state', '=', 'receiving')
          .returning('tenant_id')
          .executeTakeFirst()
        if (!job) return false
        await trx.insertInto('bulk_chunks').values(chunk).execute()
        await lock(trx, `bulk ${job.tenant_id}`)
        check(await bulkUsage(trx, job.tenant_id))
        return true
      })
    },

    /**
     * Takes the first chunk of a job that nobody has; undefined when there is none, another worker was quicker, or its
     * tenant has as many unsettled ones as it may.
     */
    claim: (claim: Claim) => claimChunk(database, claim),

    /** Holds a chunk longer. */
    async hold(
      { job_id, number }: ChunkKey,
      { worker, until }: { worker: string; until: string },
    ): Promise<void> {
      await database
        .updateTable('bulk_chunks')
        .set({ claimed_until: until })
        .where('job_id', '=', job_id)
        .where('number', '=', number)
        .where('claimed_by', '=', worker)
        .execute()
    },

    /** Gives a chunk back that was not recorded. */
    async release({ job_id, number }: ChunkKey, worker: string): Promise<void> {
      await database
        .updateTable('bulk_chunks')
        .set({ claimed_by: null, claimed_until: null })
        .where('job_id', '=', job_id)
        .where('number', '=', number)
        .where('claimed_by', '=', worker)
        .where('state', '=', 'waiting')
        .execute()
    },

    /** Chunks that are being issued, or recorded and not settled, by tenant. */
    countUnsettled: (now: string) => countUnsettled(database, now),

    /** Recorded chunks that the ledger seems to have settled, by one credential of each. */
    async settleable(): Promise<BulkChunkRow[]> {
      return database
        .selectFrom('bulk_chunks')
        .innerJoin('registration_entries as entries', 'entries.credential_id', 'bulk_chunks.credential_id')
        .innerJoin('registration_groups as groups', 'groups.group_id', 'entries.group_id')
        .innerJoin('registrations', 'registrations.registration_id', 'groups.registration_id')
        .selectAll('bulk_chunks')
        .where('bulk_chunks.state', '=', 'recorded')
        .where('registrations.state', '!=', 'open')
        .limit(SERIES)
        .execute()
    },

    /** How the registration of those stands that were recorded with one of the credentials of a chunk, in its list. */
    async groupOf({ credential_id }: Pick<BulkChunkRow, 'credential_id'>) {
      return database
        .selectFrom('registration_entries as entries')
        .innerJoin('registration_groups as groups', 'groups.group_id', 'entries.group_id')
        .leftJoin('registrations', 'registrations.registration_id', 'groups.registration_id')
        .select(['groups.count', 'registrations.state', 'registrations.transaction_hash'])
        .where('entries.credential_id', '=', credential_id)
        .executeTakeFirst()
    },

    record: recordChunk,

    settle: (chunk: ChunkKey, settlement: Settlement) => settleChunk(database, chunk, settlement),

    registrations: (credentialIds: readonly string[], withSecured = false) =>
      readRegistrations(database, credentialIds, withSecured),

    /** The chunk of a job after another one; undefined at the end. */
    async after(jobId: string, number: number): Promise<BulkChunkRow | undefined> {
      return database
        .selectFrom('bulk_chunks')
        .selectAll()
        .where('job_id', '=', jobId)
        .where('number', '>', number)
        .orderBy('number')
        .limit(1)
        .executeTakeFirst()
    },

    /** Hashes of the transactions that registered the chunks of a job, as JSON arrays. */
    async transactions(jobId: string): Promise<string[]> {
      const rows = await database
        .selectFrom('bulk_chunks')
        .select('transaction_hashes')
        .where('job_id', '=', jobId)
        .where('transaction_hashes', 'is not', null)
        .distinct()
        .execute()
      return rows.map((row) => row.transaction_hashes as string)
    },

    /** The chunks of a job that were recorded last: their rows, and when. */
    async latest(jobId: string): Promise<{ row_count: number; recorded_at: string }[]> {
      const rows = await database
        .selectFrom('bulk_chunks')
        .select(['row_count', 'recorded_at'])
        .where('job_id', '=', jobId)
        .where('recorded_at', 'is not', null)
        .orderBy('recorded_at', 'desc')
        .limit(SERIES)
        .execute()
      return rows as { row_count: number; recorded_at: string }[]
    },
  }
}

interface Claim {
  jobId: string
  tenantId: string
  worker: string
  now: string
  until: string
  /** Chunks of the tenant that may be unsettled, with this one. */
  most: number
}

async function countUnsettled(database: Database, now: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  const byTenant = database
    .selectFrom('bulk_chunks')
    .innerJoin('bulk_jobs', 'bulk_jobs.job_id', 'bulk_chunks.job_id')
    .select((eb) => ['tenant_id', eb.fn.countAll<number | string | bigint>().as('count')])
    .groupBy('tenant_id')
  // two questions, as each has an index of its own: a file waits in a thousand chunks
  const claimed = byTenant.where('claimed_by', 'is not', null).where('claimed_until', '>=', now)
  const recorded = byTenant.where('bulk_chunks.state', '=', 'recorded')
  for (const question of [claimed, recorded])
    for (const { tenant_id, count } of await question.execute())
      counts.set(tenant_id, (counts.get(tenant_id) ?? 0) + Number(count))
  return counts
}

/** Counted and not told by a clock, of which each process has its own. */
const nextTurn = sql<number>`(select coalesce(max(turn), 0) + 1 from bulk_turns)`

function claimChunk(database: Database, claim: Claim): Promise<BulkChunkRow | undefined> {
  // one tenant's after the other: two that count at once would both find room
  return withLock(database, `bulk turn ${claim.tenantId}`, async (trx) => {
    const unsettled = await countUnsettled(trx, claim.now)
    return (unsettled.get(claim.tenantId) ?? 0) < claim.most ? takeChunk(trx, claim) : undefined
  })
}

async function takeChunk(database: Database, claim: Claim): Promise<BulkChunkRow | undefined> {
  const first = database
    .selectFrom('bulk_chunks')
    .select((eb) => eb.fn.min('number').as('number'))
    .where('job_id', '=', claim.jobId)
    .where('state', '=', 'waiting')
    .where((eb) => eb.or([eb('claimed_until', 'is', null), eb('claimed_until', '<', claim.now)]))
  const chunk = await database
    .updateTable('bulk_chunks')
    .set((eb) => ({
      claimed_by: claim.worker,
      claimed_until: claim.until,
      attempts: eb('attempts', '+', 1),
    }))
    .where('job_id', '=', claim.jobId)
    .where('number', '=', first)
    // asked again: with several connections another worker may have taken it meanwhile
    .where('state', '=', 'waiting')
    .where((eb) => eb.or([eb('claimed_until', 'is', null), eb('claimed_until', '<', claim.now)]))
    .returningAll()
    .executeTakeFirst()
  if (!chunk) return undefined
  await database
    .updateTable('bulk_jobs')
    .set({ served_at: claim.now })
    .where('job_id', '=', claim.jobId)
    .execute()
  await database
    .insertInto('bulk_turns')
    .values({ tenant_id: claim.tenantId, turn: nextTurn })
    .onConflict((conflict) => conflict.column('tenant_id').doUpdateSet({ turn: nextTurn }))
    .execute()
  return chunk
}

async function readRegistrations(
  database: Database,
  credentialIds: readonly string[],
  withSecured: boolean,
): Promise<CredentialRegistration[]> {
  const found: CredentialRegistration[] = []
  for (let from = 0; from < credentialIds.length; from += 500) {
    const rows = await database
      .selectFrom('credentials')
      .leftJoin('registration_entries as entries', 'entries.credential_id', 'credentials.credential_id')
      .leftJoin('registration_groups as groups', 'groups.group_id', 'entries.group_id')
      .leftJoin('registrations', 'registrations.registration_id', 'groups.registration_id')
      .select(['credentials.credential_id', 'holder_did', 'entries.status_list_id', 'status_index'])
      .select(['registrations.state', 'registrations.transaction_hash', 'registrations.reason'])
      .select(withSecured ? 'secured' : sql<string>`''`.as('secured'))
      .where('credentials.credential_id', 'in', credentialIds.slice(from, from + 500))
      .execute()
    found.push(...rows)
  }
  return found
}

/**
 * Writes in a transaction that a chunk is recorded, and counts its rows; false when the worker holds it no more, or
 * its job has ended: then the transaction must not be committed.
 */
async function recordChunk(trx: Database, { job_id, number }: ChunkKey, result: Recorded): Promise<boolean> {
  const { worker, at, credentialId, issued, failed, outcome } = result
  const chunk = await trx
    .updateTable('bulk_chunks')
    .set({
      // what needs no registration is settled when it is recorded
      state: credentialId === null ? 'settled' : 'recorded',
      ...{ issued, failed, outcome, credential_id: credentialId, recorded_at: at },
      ...{ claimed_by: null, claimed_until: null },
    })
    .where('job_id', '=', job_id)
    .where('number', '=', number)
    .where('state', '=', 'waiting')
    .where('claimed_by', '=', worker)
    .returning('number')
    .executeTakeFirst()
  if (!chunk) return false
  const job = await trx
    .updateTable('bulk_jobs')
    .set((eb) => ({
      issued: eb('issued', '+', issued),
      failed: eb('failed', '+', failed),
      ...(credentialId === null && { registered: eb('registered', '+', issued) }),
      updated_at: at,
    }))
    .where('job_id', '=', job_id)
    .where('state', 'in', ['running', 'paused'])
    .returning('job_id')
    .executeTakeFirst()
  return job !== undefined
}

async function settleChunk(
  database: Database,
  { job_id, number }: ChunkKey,
  { outcome, rows, refused, transactionHashes, at }: Settlement,
): Promise<void> {
  await database.transaction().execute(async (trx) => {
    const chunk = await trx
      .updateTable('bulk_chunks')
      .set((eb) => ({
        ...{ state: 'settled' as const, outcome, rows },
        transaction_hashes: JSON.stringify(transactionHashes),
        issued: eb('issued', '-', refused),
        failed: eb('failed', '+', refused),
      }))
      .where('job_id', '=', job_id)
      .where('number', '=', number)
      .where('state', '=', 'recorded')
      .returning('issued')
      .executeTakeFirst()
    // another worker may have settled it before
    if (!chunk) return
    await trx
      .updateTable('bulk_jobs')
      .set((eb) => ({
        registered: eb('registered', '+', chunk.issued),
        issued: eb('issued', '-', refused),
        failed: eb('failed', '+', refused),
        updated_at: at,
      }))
      .where('job_id', '=', job_id)
      .execute()
  })
}

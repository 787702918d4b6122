import { sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import { IssuerError } from '../errors.ts'
import type { Database } from './database.ts'
import { migrations } from './migrations/index.ts'

/** Any number, as long as nobody else takes the same one on this database. */
const ADVISORY_LOCK = 4_071_650_923

/**
 * Brings the tables of a database up to date: all migrations that are due in one transaction, one process at a
 * time, so that any number of them may start at once and a killed one leaves nothing half done.
 *
 * @throws DATABASE_UNAVAILABLE, also when a newer version has been at work here
 */
export async function migrate(database: Database, kind: 'sqlite' | 'postgres'): Promise<void> {
  const isCurrent = kind === 'postgres' && (await isUpToDate(database))
  // whoever runs the node then needs no right to change tables
  if (isCurrent) return
  await database.transaction().execute(async (trx) => {
    // SQLite has taken its write lock with the beginning of the transaction
    if (kind === 'postgres') await waitForTurn(trx)
    const migrator = new Migrator({ db: trx, provider: { getMigrations: async () => migrations } })
    const { error } = await migrator.migrateToLatest()
    if (error) throw error instanceof IssuerError ? error : explain(error)
  })
}

/** One process after the other, for as long as it takes: limits of the role or the database are for statements at work. */
async function waitForTurn(trx: Database): Promise<void> {
  await sql`set local statement_timeout = 0`.execute(trx)
  await sql`set local idle_in_transaction_session_timeout = 0`.execute(trx)
  await sql`select pg_advisory_xact_lock(${sql.lit(ADVISORY_LOCK)})`.execute(trx)
}

/** @throws DATABASE_UNAVAILABLE when `migrate` has work to do, or a newer version has been at work here */
export async function requireUpToDate(database: Database): Promise<void> {
  if (await isUpToDate(database)) return
  throw new IssuerError('DATABASE_UNAVAILABLE', {
    detail:
      'The tables of the database are not those of this version: run `npm run migrate` with the same variables.',
  })
}

async function isUpToDate(database: Database): Promise<boolean> {
  const there = await sql<{ name: string | null }>`select to_regclass('kysely_migration') as name`.execute(
    database,
  )
  if (!there.rows[0]?.name) return false
  const done = await sql<{ name: string }>`select name from kysely_migration`.execute(database)
  const names = new Set(done.rows.map(({ name }) => name))
  return names.size === Object.keys(migrations).length && Object.keys(migrations).every((n) => names.has(n))
}

function explain(cause: unknown): IssuerError {
  const isNewer = /previously executed migration .* is missing/.test((cause as Error).message)
  const detail = isNewer
    ? 'The database was brought up to date by a newer version of this node: run that one.'
    : 'The tables of the database could not be brought up to date.'
  return new IssuerError('DATABASE_UNAVAILABLE', { detail, cause })
}

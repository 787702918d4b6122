import { Kysely, type LogEvent, type Transaction, type TransactionBuilder } from 'kysely'
import { IssuerError } from '../errors.ts'
import { type DatabaseQuery, databaseChannel } from '../observation.ts'
import { migrate, requireUpToDate } from './migrate.ts'
import { type PostgresLocation, postgresDialect, repeatSacrificed } from './postgres.ts'
import { sqliteDialect } from './sqlite.ts'
import type { Tables } from './tables.ts'

/**
 * The node's database, or a transaction of it. Inside a transaction use the transaction alone: a question to the
 * database itself waits for a further connection, with SQLite for ever. What runs in a transaction may be run
 * again from its beginning, when the server sacrifices it to another one; it changes nothing but the database.
 */
export type Database = Kysely<Tables>

/** A file (a path, or `:memory:`), or a database server. */
export type DatabaseLocation = { file: string } | PostgresLocation

/**
 * Opens the database and brings its tables up to date. SQLite: all work goes through one connection. PostgreSQL:
 * through several, each statement seeing what was committed when it began (READ COMMITTED).
 * @throws DATABASE_UNAVAILABLE
 */
export async function openDatabase(location: DatabaseLocation): Promise<Database> {
  const database =
    'file' in location
      ? new Kysely<Tables>({ dialect: sqliteDialect(location.file), log: tell })
      : new RepeatingDatabase({ dialect: postgresDialect(location), log: tell })
  try {
    if ('file' in location) await migrate(database, 'sqlite')
    else await migrateServer(location)
    return database
  } catch (error) {
    await database.destroy()
    throw error instanceof IssuerError ? error : new IssuerError('DATABASE_UNAVAILABLE', { cause: error })
  }
}

/** Whether a database server holds the tables of this version. @throws DATABASE_UNAVAILABLE when it does not */
export async function checkDatabase(location: PostgresLocation): Promise<void> {
  const database = new Kysely<Tables>({ dialect: postgresDialect({ ...location, connections: 1 }) })
  try {
    await requireUpToDate(database)
  } finally {
    await database.destroy()
  }
}

/** Through a connection of its own, without limit of time: a migration may work through large tables. */
async function migrateServer(location: PostgresLocation): Promise<void> {
  const dialect = postgresDialect({ ...location, connections: 1, statementTimeoutMs: 0 })
  const database = new Kysely<Tables>({ dialect })
  try {
    await migrate(database, 'postgres')
  } finally {
    await database.destroy()
  }
}

/** Tells whoever watches the node of each statement, without its values. */
function tell({ level, query, queryDurationMillis: milliseconds }: LogEvent): void {
  if (!databaseChannel.hasSubscribers) return
  databaseChannel.publish({ sql: query.sql, milliseconds, failed: level === 'error' } satisfies DatabaseQuery)
}

class RepeatingDatabase extends Kysely<Tables> {
  override transaction(): TransactionBuilder<Tables> {
    const builder = super.transaction()
    const once = builder.execute.bind(builder)
    const execute = <T>(work: (trx: Transaction<Tables>) => Promise<T>) => repeatSacrificed(() => once(work))
    return Object.assign(builder, { execute })
  }
}

/** Whether a statement failed because a unique column already has that value. */
export function isUniqueViolation(error: unknown): boolean {
  const { errcode, code } = error as { errcode?: number; code?: string }
  // SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE; SQLSTATE unique_violation of PostgreSQL
  return errcode === 1555 || errcode === 2067 || code === '23505'
}

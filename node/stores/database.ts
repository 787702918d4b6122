import { Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import { IssuerError } from '../errors.ts'
import { migrations } from './migrations/index.ts'
import { sqliteDialect } from './sqlite.ts'
import type { Tables } from './tables.ts'

/** The node's database, or a transaction of it. */
export type Database = Kysely<Tables>

/**
 * Opens the database and brings its tables up to date. `file` is a path or `:memory:`; `url` names a database
 * server. All work goes through one connection, so inside a transaction use the transaction alone: a question
 * to the database itself would wait for ever.
 * @throws DATABASE_UNAVAILABLE
 */
export async function openDatabase(where: { file: string } | { url: string }): Promise<Database> {
  if (!('file' in where))
    throw new IssuerError('DATABASE_UNAVAILABLE', { detail: 'This build has no driver for DATABASE_URL.' })
  const database = new Kysely<Tables>({ dialect: sqliteDialect(where.file) })
  const migrator = new Migrator({ db: database, provider: { getMigrations: async () => migrations } })
  const { error } = await migrator.migrateToLatest()
  if (!error) return database
  await database.destroy()
  throw error instanceof IssuerError ? error : new IssuerError('DATABASE_UNAVAILABLE', { cause: error })
}

/** Whether a statement failed because a unique column already has that value. */
export function isUniqueViolation(error: unknown): boolean {
  const { errcode, code } = error as { errcode?: number; code?: string }
  // SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE; SQLSTATE unique_violation of PostgreSQL
  return errcode === 1555 || errcode === 2067 || code === '23505'
}

import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { type SqliteDatabase, SqliteDialect, type SqliteStatement } from 'kysely'
import { IssuerError } from '../errors.ts'

const BUSY_TIMEOUT_MS = 10_000
const CACHED_STATEMENTS = 256

// SQLite result codes (sqlite.org/rescode.html) of a database that cannot answer now, whatever the statement:
// BUSY, LOCKED, NOMEM, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOTADB.
const unavailable = new Set([5, 6, 7, 8, 10, 11, 13, 14, 15, 26])

/**
 * Kysely's SQLite dialect over `node:sqlite`: WAL, every commit synced to disk, foreign keys enforced, write
 * lock taken when a transaction begins, prepared statements kept.
 * @throws DATABASE_UNAVAILABLE when the file cannot be opened
 */
export function sqliteDialect(file: string): SqliteDialect {
  return new SqliteDialect({ database: async () => guard(() => open(file)) })
}

function open(file: string): SqliteDatabase {
  const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS })
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON')
  const statements = new Map<string, SqliteStatement>()
  return {
    close: () => database.close(),
    prepare: (sql) => {
      const known = statements.get(sql)
      if (known) return known
      const made = guard(() => wrap(database.prepare(sql === 'begin' ? 'begin immediate' : sql)))
      const oldest = statements.size >= CACHED_STATEMENTS ? statements.keys().next().value : undefined
      if (oldest !== undefined) statements.delete(oldest)
      statements.set(sql, made)
      return made
    },
  }
}

function wrap(statement: StatementSync): SqliteStatement {
  const bind = (parameters: readonly unknown[]) => parameters as SQLInputValue[]
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => guard(() => statement.all(...bind(parameters))),
    run: (parameters) => guard(() => statement.run(...bind(parameters))),
    iterate: (parameters) => guard(() => statement.iterate(...bind(parameters))),
  }
}

function guard<T>(act: () => T): T {
  try {
    return act()
  } catch (error) {
    const code = (error as { errcode?: number }).errcode
    // the low byte is the primary result code
    if (code !== undefined && unavailable.has(code & 0xff))
      throw new IssuerError('DATABASE_UNAVAILABLE', { cause: error })
    throw error
  }
}

import { closeSync, openSync } from 'node:fs'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  type SelectModifierNode,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import { IssuerError } from '../errors.ts'

const BUSY_TIMEOUT_MS = 10_000
const BUSY_PAUSE_MS = 5
const CACHED_STATEMENTS = 256

// Larger pages, a cache that holds the busy part of the indices, and fewer checkpoints halve the time in which
// 1,000 credentials are written (60 ms with the defaults, 28 ms so). The cache is memory of the process: one of 64 MB
// took 5 % less time for that where 1,000,000 were stored, and none less where few were; with 16 MB a process that issues
// a file takes some 10 MB more than with 8, in the same time.
const settings = [
  'PRAGMA page_size = 8192',
  'PRAGMA journal_mode = WAL',
  'PRAGMA synchronous = FULL',
  'PRAGMA foreign_keys = ON',
  'PRAGMA cache_size = -8192',
  'PRAGMA wal_autocheckpoint = 4000',
]

// SQLite result codes (sqlite.org/rescode.html)
const BUSY = 5
// of a database that cannot answer now, whatever the statement: BUSY, LOCKED, NOMEM, READONLY, IOERR, CORRUPT,
// FULL, CANTOPEN, PROTOCOL, NOTADB
const unavailable = new Set([BUSY, 6, 7, 8, 10, 11, 13, 14, 15, 26])

/**
 * SQLite through `node:sqlite` for Kysely: WAL, every commit synced to disk, foreign keys enforced, write lock
 * taken when a transaction begins, prepared statements kept. While another process holds the write lock, this one
 * waits without blocking its event loop.
 */
export function sqliteDialect(file: string): Dialect {
  return {
    createAdapter: () => new TransactionalAdapter(),
    createDriver: () => new SqliteDriver(file),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new LockFreeCompiler(),
  }
}

/** Migrations run in one transaction (migrate.ts), whose write lock keeps other processes out. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}

/** SQLite knows no locks of rows and needs none: whoever writes has the whole database from the beginning. */
class LockFreeCompiler extends SqliteQueryCompiler {
  protected override visitSelectModifier(node: SelectModifierNode): void {
    // all others are locks
    if (node.rawModifier || node.modifier === 'Distinct') super.visitSelectModifier(node)
  }
}

/** One connection; Kysely hands it to one user at a time. */
class SqliteDriver implements Driver {
  readonly #file: string
  #connection: SqliteConnection | undefined

  constructor(file: string) {
    this.#file = file
  }

  async init(): Promise<void> {
    this.#connection = new SqliteConnection(this.#file)
    for (const setting of settings) await this.#connection.run(setting)
  }

  async acquireConnection(): Promise<SqliteConnection> {
    if (!this.#connection) throw new IssuerError('DATABASE_UNAVAILABLE')
    return this.#connection
  }

  async beginTransaction(connection: SqliteConnection): Promise<void> {
    await connection.run('begin immediate')
  }

  async commitTransaction(connection: SqliteConnection): Promise<void> {
    await connection.run('commit')
  }

  async rollbackTransaction(connection: SqliteConnection): Promise<void> {
    // SQLite has done so itself where the disk is full or fails; the error that tells it must not be hidden
    if (connection.inTransaction) await connection.run('rollback')
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {
    this.#connection?.close()
  }
}

class SqliteConnection implements DatabaseConnection {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, { statement: StatementSync; reads: boolean }>()

  constructor(file: string) {
    if (file !== ':memory:') makePrivate(file)
    this.#database = guard(() => new DatabaseSync(file, { timeout: 0 }))
  }

  get inTransaction(): boolean {
    return this.#database.isTransaction
  }

  async run(sql: string): Promise<void> {
    await this.executeQuery(CompiledQuery.raw(sql))
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const deadline = performance.now() + BUSY_TIMEOUT_MS
    for (;;) {
      try {
        return guard(() => this.#execute<R>(sql, parameters as SQLInputValue[]))
      } catch (error) {
        // a statement that finds the database busy has done nothing
        if (!isBusy(error) || performance.now() > deadline) throw error
        await delay(BUSY_PAUSE_MS)
      }
    }
  }

  streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('nothing of this node reads by stream')
  }

  close(): void {
    this.#database.close()
  }

  #execute<R>(sql: string, parameters: SQLInputValue[]): QueryResult<R> {
    const { statement, reads } = this.#prepare(sql)
    if (reads) return { rows: statement.all(...parameters) as R[] }
    const { changes, lastInsertRowid } = statement.run(...parameters)
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) }
  }

  #prepare(sql: string): { statement: StatementSync; reads: boolean } {
    const known = this.#statements.get(sql)
    if (known) return known
    const statement = this.#database.prepare(sql)
    const made = { statement, reads: statement.columns().length > 0 }
    const oldest = this.#statements.size >= CACHED_STATEMENTS ? this.#statements.keys().next() : undefined
    if (oldest && !oldest.done) this.#statements.delete(oldest.value)
    this.#statements.set(sql, made)
    return made
  }
}

/** Makes a new file before SQLite makes one that everybody may read; SQLite gives its -wal and -shm the same mode. */
function makePrivate(file: string): void {
  try {
    closeSync(openSync(file, 'a', 0o600))
  } catch {
    // SQLite says why the file cannot be opened
  }
}

function guard<T>(act: () => T): T {
  try {
    return act()
  } catch (error) {
    const code = primaryCode(error)
    if (code === undefined || !unavailable.has(code)) throw error
    throw new IssuerError('DATABASE_UNAVAILABLE', { cause: error })
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof IssuerError && primaryCode(error.cause) === BUSY
}

/** The low byte of an extended result code. */
function primaryCode(error: unknown): number | undefined {
  const { errcode } = error as { errcode?: number }
  return errcode === undefined ? undefined : errcode & 0xff
}

import { setTimeout as pause } from 'node:timers/promises'
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryExecutor,
  type QueryResult,
  type TransactionSettings,
} from 'kysely'
import pg from 'pg'
import { IssuerError } from '../errors.ts'
import {
  type DatabaseConnectionTaken,
  type DatabaseQuery,
  databaseChannel,
  databasePoolChannel,
} from '../observation.ts'

/** A database server, and what one process may ask of it. Durations in milliseconds. */
export interface PostgresLocation {
  /** `postgres://user:password@host:port/database?sslmode=…` */
  url: string
  /** Most connections at a time; whoever finds all in use waits for one. */
  connections?: number
  /** After which the server gives a statement up. */
  statementTimeoutMs?: number
  /** How long a new connection, or one that others use, is waited for. */
  connectTimeoutMs?: number
}

const CONNECTIONS = 10
const STATEMENT_TIMEOUT_MS = 30_000
const CONNECT_TIMEOUT_MS = 10_000
/** This side gives a server up that says nothing at all, a little after the server should have given up. */
const SILENCE = 1.25
/** A process that stands still in the middle of a transaction must not keep its locks from the others. */
const IDLE_IN_TRANSACTION_MS = 60_000
const MOST_REPETITIONS = 10
const LONGEST_PAUSE_MS = 200

// SQLSTATE (postgresql.org/docs/current/errcodes-appendix.html): serialization_failure, deadlock_detected
const conflicts = new Set(['40001', '40P01'])
// 25006: a server that has become a standby; 25P03: idle_in_transaction_session_timeout; 28000, 28P01: no access;
// 3D000: no such database; 55P03: lock_not_available; XX001, XX002: data_corrupted, index_corrupted
const unavailable = new Set(['25006', '25P03', '28000', '28P01', '3D000', '55P03', 'XX001', 'XX002'])
// connection exception, insufficient resources (disk full, too many connections), operator intervention (shutdown,
// a statement's time is over), system error
const unavailableClasses = new Set(['08', '53', '57', '58'])

const INT8 = 20
const NUMERIC = 1700

/**
 * PostgreSQL through `pg` for Kysely: a pool of connections with limits of number and time; counts and sums are
 * numbers; a connection that fails is thrown away, and what the server cannot answer now is DATABASE_UNAVAILABLE.
 */
export function postgresDialect(location: PostgresLocation): Dialect {
  return {
    createAdapter: () => new LockedOutside(),
    createDriver: () => new PostgresDriver(location),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  }
}

/** Migrations run under a lock of the transaction that holds them all (migrate.ts), which ends with it. */
class LockedOutside extends PostgresAdapter {
  override async acquireMigrationLock(): Promise<void> {}
  override async releaseMigrationLock(): Promise<void> {}
}

/**
 * Does a whole transaction again when the server has sacrificed it to another one: it has left no trace.
 * @throws DATABASE_UNAVAILABLE when it is sacrificed again and again
 */
export async function repeatSacrificed<T>(work: () => Promise<T>): Promise<T> {
  for (let repetition = 1; ; repetition++) {
    try {
      return await work()
    } catch (error) {
      const code = error instanceof IssuerError ? sqlState(error.cause) : undefined
      if (code === undefined || !conflicts.has(code) || repetition > MOST_REPETITIONS) throw error
      // by chance, so that the same ones do not meet again
      await pause(Math.random() * Math.min(LONGEST_PAUSE_MS, 10 * 2 ** repetition))
    }
  }
}

/** Whether a database is on PostgreSQL. */
export const isPostgres = (executor: QueryExecutor): boolean => executor.adapter instanceof LockedOutside

/** Inserts rows in the text format of COPY, in a transaction. @throws what the server says, as of a statement */
export async function copyRows(
  executor: QueryExecutor,
  table: string,
  columns: readonly string[],
  rows: Buffer,
): Promise<void> {
  const sql = `copy ${quote(table)} (${columns.map(quote).join(', ')}) from stdin`
  const from = performance.now()
  // Kysely tells of statements alone
  const tell = (failed: boolean) =>
    databaseChannel.publish({ sql, milliseconds: performance.now() - from, failed } satisfies DatabaseQuery)
  try {
    await executor.provideConnection((connection) => (connection as PostgresConnection).copy(sql, rows))
  } catch (error) {
    tell(true)
    throw error
  }
  tell(false)
}

const quote = (name: string) => pg.escapeIdentifier(name)

function tellTaken(pool: pg.Pool, from: number): void {
  if (!databasePoolChannel.hasSubscribers) return
  const { totalCount: open, idleCount: idle, waitingCount: waiting } = pool
  const taken: DatabaseConnectionTaken = { waited: performance.now() - from, open, idle, waiting }
  databasePoolChannel.publish(taken)
}

class PostgresDriver implements Driver {
  readonly #location: PostgresLocation
  readonly #connections = new WeakMap<pg.PoolClient, PostgresConnection>()
  #pool: pg.Pool | undefined

  constructor(location: PostgresLocation) {
    this.#location = location
  }

  async init(): Promise<void> {
    this.#pool = openPool(this.#location)
  }

  async acquireConnection(): Promise<PostgresConnection> {
    const pool = this.#pool
    if (!pool) throw new IssuerError('DATABASE_UNAVAILABLE')
    const from = performance.now()
    const client = await pool.connect().catch((error) => {
      throw new IssuerError('DATABASE_UNAVAILABLE', { ...describe(error), cause: error })
    })
    tellTaken(pool, from)
    const connection = this.#connections.get(client) ?? new PostgresConnection(client)
    this.#connections.set(client, connection)
    return connection
  }

  async beginTransaction(connection: PostgresConnection, settings: TransactionSettings): Promise<void> {
    const { isolationLevel } = settings
    await connection.begin(isolationLevel ? `begin isolation level ${isolationLevel}` : 'begin')
  }

  async commitTransaction(connection: PostgresConnection): Promise<void> {
    await connection.end('commit')
  }

  async rollbackTransaction(connection: PostgresConnection): Promise<void> {
    await connection.end('rollback')
  }

  async releaseConnection(connection: PostgresConnection): Promise<void> {
    connection.release()
  }

  async destroy(): Promise<void> {
    const pool = this.#pool
    this.#pool = undefined
    await pool?.end()
  }
}

class PostgresConnection implements DatabaseConnection {
  readonly #client: pg.PoolClient
  /** Why it can be used no longer. */
  #broken: unknown
  #inTransaction = false

  constructor(client: pg.PoolClient) {
    this.#client = client
  }

  async begin(sql: string): Promise<void> {
    await this.#ask(CompiledQuery.raw(sql))
    this.#inTransaction = true
  }

  async end(sql: 'commit' | 'rollback'): Promise<void> {
    this.#inTransaction = false
    const { command } = await this.#ask(CompiledQuery.raw(sql))
    // an error of a statement that nobody let through: PostgreSQL then commits nothing, and says it by this alone
    if (sql === 'commit' && command !== 'COMMIT')
      throw new Error('A statement of this transaction had failed.')
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const ask = () => this.#ask<R>(query)
    // a statement alone is a transaction
    const { rows, rowCount } = await (this.#inTransaction ? ask() : repeatSacrificed(ask))
    return rowCount === null ? { rows } : { rows, numAffectedRows: BigInt(rowCount) }
  }

  streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('nothing of this node reads by stream')
  }

  release(): void {
    this.#client.release(this.#broken !== undefined)
  }

  /** Runs `copy … from stdin`, within a transaction. */
  async copy(sql: string, rows: Buffer): Promise<void> {
    await this.#use(
      (client) =>
        new Promise<void>((resolve, reject) => {
          client.query(new CopyIn(sql, rows, (error) => (error ? reject(error) : resolve())))
        }),
    )
  }

  async #ask<R>({ sql, parameters }: CompiledQuery) {
    return this.#use((client) => client.query<R & pg.QueryResultRow>(sql, [...parameters]))
  }

  async #use<T>(ask: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    // what follows a loss, such as `rollback`, must not hide it
    if (this.#broken) throw this.#broken
    try {
      return await ask(this.#client)
    } catch (error) {
      const mapped = mapError(error)
      if (endsConnection(error)) this.#broken = mapped
      throw mapped
    }
  }
}

/** What `pg` has for COPY (postgresql.org/docs/15/protocol-flow.html#PROTOCOL-COPY), without types. */
interface CopyingConnection extends pg.Connection {
  sendCopyFromChunk(chunk: Buffer): void
  endCopyFrom(): void
}

/**
 * `copy … from stdin` with all rows at hand, which follow at once: no time limit of the server holds while it waits for
 * them, and one that has refused the statement passes over them. pg-copy-streams 7.0.0, which takes them from a stream,
 * throws where nobody can catch it when the server goes away meanwhile.
 */
class CopyIn extends pg.Query {
  readonly #sql: string
  readonly #rows: Buffer

  constructor(sql: string, rows: Buffer, done: (error: Error | null | undefined) => void) {
    super(sql, done)
    this.#sql = sql
    this.#rows = rows
  }

  override submit = (connection: pg.Connection): void => {
    const copying = connection as CopyingConnection
    copying.stream.cork()
    copying.query(this.#sql)
    copying.sendCopyFromChunk(this.#rows)
    copying.endCopyFrom()
    copying.stream.uncork()
  }

  /** Called by `pg` when the server waits for the rows, which are under way. */
  handleCopyInResponse(): void {}
}

function openPool(location: PostgresLocation): pg.Pool {
  const statementTimeout = location.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS
  const pool = new pg.Pool({
    connectionString: location.url,
    application_name: 'cartulary',
    max: location.connections ?? CONNECTIONS,
    connectionTimeoutMillis: location.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    // 0: no limit
    statement_timeout: statementTimeout,
    query_timeout: statementTimeout * SILENCE,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    // the server knows no limit of time for rows that are copied to it: that of a network that was cut
    options: '-c tcp_keepalives_idle=60 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3',
    keepAlive: true,
    types: { getTypeParser },
  })
  // a connection that is lost while nobody asks; whoever asks next gets a new one
  pool.on('error', ignore)
  // one that is lost between two statements of a transaction: the next of them fails
  pool.on('connect', (client) => client.on('error', ignore))
  return pool
}

const ignore = () => {}

/** Counts are 64 bits wide and sums of them have no limit at all; those of this node fit a number. */
const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: 'text' | 'binary') =>
  oid === INT8 || oid === NUMERIC ? Number : pg.types.getTypeParser(oid, format as 'text')

// character_not_in_repertoire, and untranslatable_character in JSON: PostgreSQL keeps no U+0000 in text, which nothing of
// this node needs
const refusedText = new Set(['22021', '22P05'])

function mapError(error: unknown): unknown {
  if (refusedText.has(sqlState(error) ?? ''))
    return new IssuerError('MALFORMED_REQUEST', {
      detail: 'Text must not contain the character U+0000.',
      cause: error,
    })
  if (!isOfServer(error)) return error
  return new IssuerError('DATABASE_UNAVAILABLE', { ...describe(error), cause: error })
}

/** Whether it is about the server or the way to it, and not about the statement. */
function isOfServer(error: unknown): boolean {
  const code = sqlState(error)
  if (code !== undefined)
    return conflicts.has(code) || unavailable.has(code) || unavailableClasses.has(code.slice(0, 2))
  // of the client: what has a code comes from the network, the others have nothing but their words
  const { code: errno, message } = error as { code?: string; message?: string }
  return errno !== undefined || /connection|timeout|not queryable/i.test(message ?? '')
}

/** What is no answer of the server, or its last one. */
function endsConnection(error: unknown): boolean {
  return !(error instanceof pg.DatabaseError) || error.severity === 'FATAL' || error.severity === 'PANIC'
}

/** What whoever set DATABASE_URL can do about it; never a part of it. */
function describe(error: unknown): { detail?: string } {
  const code = (error as { code?: string }).code ?? ''
  const detail = /CERT|ERR_TLS/.test(code) ? untrusted : (ways.get(code) ?? ofPooler(error))
  return detail === undefined ? {} : { detail }
}

/** PgBouncer has one code (08P01) for all that it refuses: its words tell what it is. */
function ofPooler(error: unknown): string | undefined {
  return /unsupported startup parameter/.test((error as Error).message) ? tooStrict : undefined
}

const tooStrict =
  'A pooler before the database refuses settings of the connection: docs/database.md tells what it has to let through.'
const untrusted =
  'The certificate of the database server is not trusted: DATABASE_URL names its authority by sslrootcert=FILE.'
const refused = 'The database server refuses the user or the password in DATABASE_URL.'
const ways = new Map([
  ['28000', refused],
  ['28P01', refused],
  ['3D000', 'The database that DATABASE_URL names is not there: create it.'],
  ['53300', 'The database server takes no further connections.'],
  ['53100', 'The disk of the database server is full.'],
])

function sqlState(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined
}

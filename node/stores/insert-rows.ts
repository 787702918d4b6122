import { CompiledQuery, PostgresAdapter, sql } from 'kysely'
import { TextWriter } from '../text-writer.ts'
import type { Pause } from '../time-slice.ts'
import type { Database } from './database.ts'
import type { NewRow, Tables } from './tables.ts'

/** For SQLite, which keeps the event loop while it writes them. */
const VALUES_AT_ONCE = 100

/** For PostgreSQL, where each statement waits for its turn here and there: with 100 a batch took 6 % longer. */
const JSON_AT_ONCE = 1_000

interface Rows<Table extends keyof Tables, Item> {
  items: readonly Item[]
  /** Called when the row is written, so that few rows are there at a time. */
  rowOf(item: Item): NewRow<Table>
  pause: Pause
}

/** Texts of statements for SQLite, by table, columns and number of rows: some hundreds at the most. */
const statements = new Map<string, string>()

/**
 * Inserts many rows of the same columns; `pause` is called between statements. To write the text of a statement anew for
 * every 100 credentials took 4 µs of each, and its garbage as much again (2 shared cores). For PostgreSQL all rows are one
 * JSON text: that takes 20 µs of each credential less than a parameter for each value.
 */
export async function insertRows<Table extends keyof Tables & string, Item>(
  trx: Database,
  table: Table,
  { items, rowOf, pause }: Rows<Table, Item>,
): Promise<void> {
  const isPostgres = trx.getExecutor().adapter instanceof PostgresAdapter
  const atOnce = isPostgres ? JSON_AT_ONCE : VALUES_AT_ONCE
  for (let from = 0; from < items.length; from += atOnce) {
    const part = items.slice(from, from + atOnce).map(rowOf) as readonly Record<string, unknown>[]
    await (isPostgres ? insertJson : insertValues)(trx, table, part)
    await pause()
  }
}

type Insert = (trx: Database, table: string, rows: readonly Record<string, unknown>[]) => Promise<unknown>

const insertValues: Insert = (trx, table, rows) => {
  const columns = Object.keys(rows[0] ?? {})
  const key = [table, rows.length, ...columns].join(' ')
  let text = statements.get(key)
  if (text === undefined) {
    text = trx
      .insertInto(table as 'credentials')
      .values(rows as never)
      .compile().sql
    statements.set(key, text)
  }
  const values: unknown[] = []
  for (const row of rows) for (const column of columns) values.push(row[column])
  return trx.executeQuery(CompiledQuery.raw(text, values))
}

const insertJson: Insert = (trx, table, rows) => {
  const [first = {}] = rows
  const columns = Object.keys(first)
  // most of what a batch writes is the same in each of its rows: once is enough
  const same = new Set(columns.filter((column) => rows.every((row) => row[column] === first[column])))
  const differing = columns.filter((column) => !same.has(column))
  const record = sql`null::${sql.table(table)}`
  return sql`insert into ${sql.table(table)} (${sql.join(columns.map((column) => sql.ref(column)))})
    select ${sql.join(columns.map((column) => sql.ref(`${same.has(column) ? 'every' : 'each'}.${column}`)))}
    from json_populate_recordset(${record}, ${jsonOf(rows, differing)}) as "each",
      json_populate_record(${record}, ${JSON.stringify(pick(first, [...same]))}) as "every"`.execute(trx)
}

/** Some megabytes, which never are one string. */
function jsonOf(rows: readonly Record<string, unknown>[], columns: readonly string[]): Buffer {
  const json = new TextWriter()
  for (const [place, row] of rows.entries()) {
    json.write(place === 0 ? '[' : ',')
    json.write(JSON.stringify(pick(row, columns)))
  }
  json.write(']')
  return Buffer.from(json.done().buffer)
}

const pick = (row: Record<string, unknown>, columns: readonly string[]) =>
  Object.fromEntries(columns.map((column) => [column, row[column]]))

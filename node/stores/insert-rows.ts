import { CompiledQuery } from 'kysely'
import { TextWriter } from '../text-writer.ts'
import type { Pause } from '../time-slice.ts'
import type { Database } from './database.ts'
import { copyRows, isPostgres } from './postgres.ts'
import type { NewRow, Tables } from './tables.ts'

/** Of one statement with a parameter for each value: SQLite keeps the event loop while it writes them. */
const VALUES_AT_ONCE = 100
/** Of one COPY. */
const COPIED_AT_ONCE = 1_000

interface Rows<Table extends keyof Tables, Item> {
  items: readonly Item[]
  /** Called when the row is written, so that few rows are there at a time. */
  rowOf(item: Item): NewRow<Table>
  pause: Pause
}

type AnyRow = Record<string, unknown>

/** Texts of statements for SQLite, by table, columns and number of rows: some hundreds at the most. */
const statements = new Map<string, string>()

/**
 * Inserts many rows of the same columns; `pause` is called between statements. To write the text of a statement anew for
 * every 100 credentials took 4 µs of each, and its garbage as much again (2 shared cores). To PostgreSQL rows go by
 * COPY: written as JSON, of which an INSERT took them, a credential and its entry cost the server 57 µs and the node 17, so
 * they cost 37 and 7.
 */
export async function insertRows<Table extends keyof Tables & string, Item>(
  trx: Database,
  table: Table,
  { items, rowOf, pause }: Rows<Table, Item>,
): Promise<void> {
  const copies = isPostgres(trx.getExecutor())
  const atOnce = copies ? COPIED_AT_ONCE : VALUES_AT_ONCE
  for (let from = 0; from < items.length; from += atOnce) {
    const part = items.slice(from, from + atOnce).map(rowOf) as readonly AnyRow[]
    await (copies ? copy : insert)(trx, table, part)
    await pause()
  }
}

async function insert(trx: Database, table: string, rows: readonly AnyRow[]): Promise<void> {
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
  await trx.executeQuery(CompiledQuery.raw(text, values))
}

async function copy(trx: Database, table: string, rows: readonly AnyRow[]): Promise<void> {
  const columns = Object.keys(rows[0] ?? {})
  await copyRows(trx.getExecutor(), table, columns, copyText(rows, columns))
}

/** The text format of COPY (postgresql.org/docs/15/sql-copy.html): some megabytes, which never are one string. */
function copyText(rows: readonly AnyRow[], columns: readonly string[]): Buffer {
  const text = new TextWriter()
  for (const row of rows)
    for (const [place, column] of columns.entries()) {
      text.write(fieldOf(row[column]))
      text.write(place < columns.length - 1 ? '\t' : '\n')
    }
  return Buffer.from(text.done().buffer)
}

const special = /[\\\t\n\r]/
const escapes: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }

function fieldOf(value: unknown): string {
  if (value === null || value === undefined) return '\\N'
  if (typeof value !== 'string' && typeof value !== 'number')
    throw new TypeError('Such a value cannot be copied.')
  const text = String(value)
  return special.test(text) ? text.replace(/[\\\t\n\r]/g, (character) => escapes[character] as string) : text
}

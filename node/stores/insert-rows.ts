import { CompiledQuery, PostgresAdapter } from 'kysely'
import type { Database } from './database.ts'
import type { NewRow, Tables } from './tables.ts'

const ROWS_AT_ONCE = 100

/** Texts of statements, by dialect, table, columns and number of rows. */
const statements = new Map<string, string>()

/**
 * Inserts many rows of the same columns, so many that each statement's text is worth keeping: to write it anew for every
 * 100 credentials took 4 µs of each, as much as the signature's text in base58. `pause` is called between statements.
 */
export async function insertRows<Table extends keyof Tables & string>(
  trx: Database,
  table: Table,
  { rows, pause }: { rows: readonly NewRow<Table>[]; pause(): Promise<void> },
): Promise<void> {
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    const part = rows.slice(from, from + ROWS_AT_ONCE) as readonly Record<string, unknown>[]
    const columns = Object.keys(part[0] ?? {})
    const values = part.flatMap((row) => columns.map((column) => row[column]))
    await trx.executeQuery(CompiledQuery.raw(textOf(trx, table, { columns, rows: part }), values))
    await pause()
  }
}

function textOf(
  trx: Database,
  table: string,
  { columns, rows }: { columns: readonly string[]; rows: readonly Record<string, unknown>[] },
): string {
  const dialect = trx.getExecutor().adapter instanceof PostgresAdapter
  const key = [dialect, table, rows.length, ...columns].join(' ')
  const known = statements.get(key)
  if (known !== undefined) return known
  // ROWS_AT_ONCE numbers of rows, and a few sets of columns
  const { sql } = trx
    .insertInto(table as 'credentials')
    .values(rows as never)
    .compile()
  statements.set(key, sql)
  return sql
}

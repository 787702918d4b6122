import { type Expression, type QueryExecutorProvider, type SelectQueryBuilder, sql } from 'kysely'
import { IssuerError } from '../errors.ts'

/** SQLite takes 500. */
const QUERIES_TOGETHER = 100

/** What a caller asks of a list: how many rows, and after which; the cursor is opaque to it. */
export interface PageQuestion {
  limit: number
  cursor?: string | undefined
}

/**
 * A page of a query, newest first, and in the order of the id where times are equal; `nextCursor` asks for what
 * follows. `time` and `id` name columns of its rows.
 * @throws MALFORMED_REQUEST when the cursor is none
 */
export async function pageOf<Tables, Table extends keyof Tables, Row>(
  query: SelectQueryBuilder<Tables, Table, Row>,
  columns: Columns<Row>,
  question: PageQuestion,
): Promise<Page<Row>> {
  return cut(await beginning(query, columns, question).execute(), columns, question)
}

/**
 * A page of several queries together, none of whose rows is another's: the beginnings of all of them are read, each by
 * an index that has its order, which an index over all of them (`in`) has not.
 * @throws MALFORMED_REQUEST when the cursor is none
 */
export async function pageOfSeveral<Tables, Table extends keyof Tables, Row>(
  database: QueryExecutorProvider,
  queries: readonly SelectQueryBuilder<Tables, Table, Row>[],
  columns: Columns<Row>,
  question: PageQuestion,
): Promise<Page<Row>> {
  // of no query at all nobody else would look at it
  parseCursor(question.cursor)
  const parts = queries.map((query) => beginning(query, columns, question))
  const rows = await beginningOfSeveral(database, parts, {
    ...columns,
    direction: 'desc',
    limit: question.limit + 1,
  })
  return cut(rows, columns, question)
}

/** The first rows of several queries together, each of which has the order and the limit already. */
export async function beginningOfSeveral<Row>(
  database: QueryExecutorProvider,
  queries: readonly Expression<Row>[],
  { time, id, direction, limit }: Columns<Row> & { direction: 'asc' | 'desc'; limit: number },
): Promise<Row[]> {
  const found: Row[] = []
  for (let from = 0; from < queries.length; from += QUERIES_TOGETHER) {
    const parts = queries
      .slice(from, from + QUERIES_TOGETHER)
      .map((query) => sql`select * from (${query}) as ${sql.ref('part')}`)
    const order = sql.raw(direction)
    const { rows } = await sql<Row>`select * from (${sql.join(parts, sql` union all `)}) as ${sql.ref('all')}
      order by ${sql.ref(time)} ${order}, ${sql.ref(id)} ${order} limit ${limit}`.execute(database)
    found.push(...rows)
  }
  if (queries.length > QUERIES_TOGETHER) {
    const sign = direction === 'asc' ? 1 : -1
    const place = (row: Row) => `${row[time]} ${row[id]}`
    found.sort((a, b) => (place(a) < place(b) ? -sign : sign))
  }
  return found.slice(0, limit)
}

interface Columns<Row> {
  time: keyof Row & string
  id: keyof Row & string
}

interface Page<Row> {
  rows: Row[]
  nextCursor: string | null
}

/** What a page needs: its rows, and one to tell whether more follow. */
function beginning<Tables, Table extends keyof Tables, Row>(
  query: SelectQueryBuilder<Tables, Table, Row>,
  { time, id }: Columns<Row>,
  { limit, cursor }: PageQuestion,
) {
  const place = sql`(${sql.ref(time)}, ${sql.ref(id)})`
  const after = parseCursor(cursor)
  const rest = after ? query.where(sql<boolean>`${place} < (${after.time}, ${after.id})`) : query
  return rest
    .orderBy(sql.ref(time), 'desc')
    .orderBy(sql.ref(id), 'desc')
    .limit(limit + 1)
}

function cut<Row>(found: readonly Row[], { time, id }: Columns<Row>, { limit }: PageQuestion): Page<Row> {
  const rows = found.slice(0, limit)
  const last = found.length > limit ? rows.at(-1) : undefined
  return { rows, nextCursor: last ? toCursor({ time: String(last[time]), id: String(last[id]) }) : null }
}

interface Place {
  time: string
  id: string
}

function toCursor({ time, id }: Place): string {
  return Buffer.from(`${time} ${id}`).toString('base64url')
}

/** Undefined without a cursor: the list then starts from its beginning. */
function parseCursor(cursor: string | undefined): Place | undefined {
  if (cursor === undefined) return undefined
  const [time, id] = Buffer.from(cursor, 'base64url').toString().split(' ')
  if (time && id) return { time, id }
  throw new IssuerError('MALFORMED_REQUEST', {
    violations: [{ pointer: '/cursor', message: 'query parameter: must be the nextCursor of an answer' }],
  })
}

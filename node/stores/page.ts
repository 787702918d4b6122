import { type SelectQueryBuilder, sql } from 'kysely'
import { IssuerError } from '../errors.ts'

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
  { time, id }: { time: keyof Row & string; id: keyof Row & string },
  { limit, cursor }: PageQuestion,
): Promise<{ rows: Row[]; nextCursor: string | null }> {
  const place = sql`(${sql.ref(time)}, ${sql.ref(id)})`
  const after = parseCursor(cursor)
  const rest = after ? query.where(sql<boolean>`${place} < (${after.time}, ${after.id})`) : query
  const found = await rest
    .orderBy(sql.ref(time), 'desc')
    .orderBy(sql.ref(id), 'desc')
    .limit(limit + 1)
    .execute()
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

import { IssuerError } from '../errors.ts'

/** Where a page ends that is ordered by time and then by id. */
export interface TimeCursor {
  time: string
  id: string
}

/** The cursor as callers see it: opaque. */
export function toTimeCursor({ time, id }: TimeCursor): string {
  return Buffer.from(`${time} ${id}`).toString('base64url')
}

/** Undefined without a cursor: the list then starts from its beginning. @throws MALFORMED_REQUEST */
export function parseTimeCursor(cursor: string | undefined): TimeCursor | undefined {
  if (cursor === undefined) return undefined
  const [time, id] = Buffer.from(cursor, 'base64url').toString().split(' ')
  if (time && id) return { time, id }
  throw new IssuerError('MALFORMED_REQUEST', {
    violations: [{ pointer: '/cursor', message: 'query parameter: must be the nextCursor of an answer' }],
  })
}

/** Where a page ends that is ordered by time and then by id. */
export interface TimeCursor {
  time: string
  id: string
}

/** The cursor as callers see it: opaque. */
export function toTimeCursor({ time, id }: TimeCursor): string {
  return Buffer.from(`${time} ${id}`).toString('base64url')
}

/** Undefined for anything that is no cursor: the list then starts from its beginning. */
export function parseTimeCursor(cursor: string | undefined): TimeCursor | undefined {
  const [time, id] = Buffer.from(cursor ?? '', 'base64url')
    .toString()
    .split(' ')
  return time && id ? { time, id } : undefined
}

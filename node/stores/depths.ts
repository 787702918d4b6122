import type { Database } from './database.ts'

/** More than this is told as this: what is counted must cost little, however much there is. */
export const mostCounted = 100_000

/** How much waits in the database. */
export interface Depths {
  /** Entries recorded and not registered, those that an anchor has claimed included. */
  unanchored: number
  /** When the oldest of them was recorded; undefined when none waits. */
  oldestUnanchored: string | undefined
  /** Rows of the outbox that are to be done, and those given up, by job. */
  waiting: ReadonlyMap<string, number>
  dead: ReadonlyMap<string, number>
  /** Place of the head of the audit log, and events without a place. */
  auditHead: number
  unplaced: number
}

type Count = number | string | bigint

/** Questions about what waits; each reads an index that holds what waits alone. */
export async function readDepths(database: Database): Promise<Depths> {
  const [recorded, claimed, oldest, waiting, dead, head] = await Promise.all([
    unclaimed(database),
    openRegistrations(database),
    oldestGroups(database),
    outbox(database, 'waiting'),
    outbox(database, 'dead'),
    database.selectFrom('log_places').select('seq').where('name', '=', 'head').executeTakeFirst(),
  ])
  return {
    unanchored: Math.min(mostCounted, recorded + claimed),
    oldestUnanchored: oldest.filter((time) => time !== null).toSorted()[0],
    ...{ waiting, dead },
    auditHead: head?.seq ?? 0,
    unplaced: await counted(database, 'events'),
  }
}

/** What was claimed and is not registered, also of closed anchors: put aside, or gone from the chain. */
async function openRegistrations(database: Database): Promise<number> {
  const { count } = await database
    .selectFrom('registrations')
    .select((eb) => eb.fn.sum<Count | null>('count').as('count'))
    .where('state', '=', 'open')
    .executeTakeFirstOrThrow()
  return Number(count ?? 0)
}

async function unclaimed(database: Database): Promise<number> {
  const some = database
    .selectFrom('registration_groups')
    .select('count')
    .where('registration_id', 'is', null)
    .limit(mostCounted)
    .as('some')
  const { count } = await database
    .selectFrom(some)
    .select((eb) => eb.fn.sum<Count | null>('count').as('count'))
    .executeTakeFirstOrThrow()
  return Number(count ?? 0)
}

/** When the oldest group was recorded that is not claimed, and the oldest that is claimed and not registered. */
async function oldestGroups(database: Database): Promise<(string | null)[]> {
  const oldest = database
    .selectFrom('registration_groups')
    .select((eb) => eb.fn.min<string | null>('recorded_at').as('time'))
  const open = database.selectFrom('registrations').select('registration_id').where('state', '=', 'open')
  const rows = await oldest
    .where('registration_id', 'is', null)
    .unionAll(oldest.where('registration_id', 'in', open))
    .execute()
  return rows.map(({ time }) => time)
}

async function counted(database: Database, table: 'events'): Promise<number> {
  const some = database.selectFrom(table).select('id').where('seq', 'is', null).limit(mostCounted).as('some')
  const { count } = await database
    .selectFrom(some)
    .select((eb) => eb.fn.countAll<Count>().as('count'))
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** By job; rows for webhooks are counted together, whoever they are for. */
async function outbox(database: Database, which: 'waiting' | 'dead'): Promise<Map<string, number>> {
  const all = database.selectFrom('outbox').select('job')
  const some = (which === 'waiting' ? all.where('done_at', 'is', null) : all.where('dead_at', 'is not', null))
    .limit(mostCounted)
    .as('some')
  const rows = await database
    .selectFrom(some)
    .select((eb) => ['job', eb.fn.countAll<Count>().as('count')])
    .groupBy('job')
    .execute()
  const depths = new Map<string, number>()
  for (const { job, count } of rows) {
    const name = job.split(':', 1)[0] as string
    depths.set(name, (depths.get(name) ?? 0) + Number(count))
  }
  return depths
}

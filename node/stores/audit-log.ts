import { sql } from 'kysely'
import type { Database } from './database.ts'
import type { Row } from './tables.ts'

export type EventRow = Row<'events'>
/** An event in its place. */
export type PlacedEventRow = EventRow & { seq: number; hash: string }

/** A head of the log on the ledger: the registration whose root commits to it. */
export interface AnchoredHeadRow {
  registration_id: string
  seq: number
  hash: string
  /** JSON array of hashes. */
  proof: string
  root: string
  list_key: string
  transaction_hash: string
  block_number: number
}

type AnchorPlace = Pick<AnchoredHeadRow, 'seq' | 'registration_id'>

/** Questions to the audit log. */
export type AuditLogStore = ReturnType<typeof createAuditLogStore>

export function createAuditLogStore(database: Database) {
  return {
    /**
     * Gives events their places behind the head, in the order in which they were made, and gives them back; of several
     * processes one does it at a time. `hashOf` gives the hash of an event behind another.
     */
    async place(input: {
      limit: number
      hashOf(seq: number, previous: string, event: EventRow): string
    }): Promise<PlacedEventRow[]> {
      if (!(await unplaced(database, 1).select('id').executeTakeFirst())) return []
      return database.transaction().execute((trx) => placeAll(trx, input))
    },

    async head(): Promise<{ seq: number; hash: string }> {
      return database
        .selectFrom('log_places')
        .select(['seq', 'hash'])
        .where('name', '=', 'head')
        .executeTakeFirstOrThrow()
    },

    /** Entries behind a place, in order. */
    async entries({ after, limit }: { after: number; limit: number }): Promise<PlacedEventRow[]> {
      const rows = await database
        .selectFrom('events')
        .selectAll()
        .where('seq', '>', after)
        .orderBy('seq')
        .limit(limit)
        .execute()
      return rows as PlacedEventRow[]
    },

    /** Heads that registrations on the ledger commit to, behind a place, in order. */
    async anchored({ after, limit }: { after: AnchorPlace; limit: number }): Promise<AnchoredHeadRow[]> {
      const place = sql`(registrations.audit_seq, registrations.registration_id)`
      return anchoredHeads(database)
        .where(sql<boolean>`${place} > (${after.seq}, ${after.registration_id})`)
        .orderBy('registrations.audit_seq')
        .orderBy('registrations.registration_id')
        .limit(limit)
        .execute()
    },

    /** The newest head on the ledger. */
    async lastAnchored(): Promise<AnchoredHeadRow | undefined> {
      return anchoredHeads(database).orderBy('registrations.audit_seq', 'desc').limit(1).executeTakeFirst()
    },
  }
}

function unplaced(database: Database, limit: number) {
  return database.selectFrom('events').where('seq', 'is', null).orderBy('id').limit(limit)
}

async function placeAll(
  trx: Database,
  { limit, hashOf }: Parameters<AuditLogStore['place']>[0],
): Promise<PlacedEventRow[]> {
  // written first: this locks the head, so that nobody else gives places meanwhile
  const head = await trx
    .updateTable('log_places')
    .set((eb) => ({ seq: eb.ref('seq') }))
    .where('name', '=', 'head')
    .returning(['seq', 'hash'])
    .executeTakeFirstOrThrow()
  const placed: PlacedEventRow[] = []
  let { seq, hash } = head
  for (const event of await unplaced(trx, limit).selectAll().execute()) {
    seq++
    hash = hashOf(seq, hash, event)
    await trx.updateTable('events').set({ seq, hash }).where('id', '=', event.id).execute()
    placed.push({ ...event, seq, hash })
  }
  await trx.updateTable('log_places').set({ seq, hash }).where('name', '=', 'head').execute()
  return placed
}

function anchoredHeads(database: Database) {
  return database
    .selectFrom('registrations')
    .innerJoin('anchors', 'anchors.anchor_id', 'registrations.anchor_id')
    .innerJoin('status_lists', 'status_lists.status_list_id', 'registrations.status_list_id')
    .select([
      'registrations.registration_id',
      'registrations.audit_seq as seq',
      'anchors.audit_hash as hash',
      'registrations.audit_proof as proof',
      'registrations.root',
      'status_lists.key as list_key',
      'registrations.transaction_hash',
      'registrations.block_number',
    ])
    .where('registrations.audit_seq', 'is not', null)
    .where('registrations.state', '=', 'registered')
    .$castTo<AnchoredHeadRow>()
}

import type { Database } from './database.ts'
import type { NewRow } from './tables.ts'

/** Questions to the table of events. */
export type EventStore = ReturnType<typeof createEventStore>

export function createEventStore(database: Database) {
  return {
    append: (event: NewRow<'events'>) => appendEvent(database, event),
  }
}

/** Writes an event in a transaction, with what it tells. */
export async function appendEvent(trx: Database, event: NewRow<'events'>): Promise<void> {
  await trx.insertInto('events').values(event).execute()
}

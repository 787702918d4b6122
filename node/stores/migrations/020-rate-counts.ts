import type { Kysely } from 'kysely'

/** Requests that processes of one database have taken from what a key or tenant may send. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('rate_counts')
    .addColumn('name', 'text', (c) => c.primaryKey())
    .addColumn('begun_at', 'text', (c) => c.notNull())
    .addColumn('taken', 'integer', (c) => c.notNull())
    .execute()
}

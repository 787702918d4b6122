import type { Kysely } from 'kysely'

/** By what a repeated body that is read as a stream is known. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('idempotency').addColumn('body', 'text').execute()
}

import type { Kysely } from 'kysely'

/**
 * Registrations of lists that others write to are put aside, so that their anchor can close: until then. It is null for
 * all others.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('registrations').addColumn('aside_until', 'text').execute()
}

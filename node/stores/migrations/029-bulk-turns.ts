import type { Kysely } from 'kysely'

/**
 * Whose turn it is to have a chunk of a file issued, apart from the jobs, which may be deleted; chunks that are being
 * issued, without a look at those that wait; and the group of entries that has waited longest.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropIndex('bulk_jobs_served').execute()
  await db.schema
    .createTable('bulk_turns')
    .addColumn('tenant_id', 'text', (c) => c.primaryKey())
    .addColumn('turn', 'integer', (c) => c.notNull())
    .execute()
  await db.schema
    .createIndex('bulk_chunks_claimed')
    .on('bulk_chunks')
    .columns(['job_id', 'claimed_until'])
    .where('claimed_by' as never, 'is not', null)
    .execute()
  await db.schema
    .createIndex('registration_groups_oldest')
    .on('registration_groups')
    .column('recorded_at')
    .where('registration_id' as never, 'is', null)
    .execute()
}

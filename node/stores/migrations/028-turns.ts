import { type Kysely, sql } from 'kysely'

/**
 * When each group of entries was recorded, so that the next registration takes those that have waited longest; and when
 * each tenant was last served of its files, so that tenants take turns, however many files each has. Groups that are
 * claimed need no time any more.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('registration_groups').addColumn('recorded_at', 'text').execute()
  await sql`update registration_groups set recorded_at = ${new Date().toISOString()}
    where registration_id is null`.execute(db)
  await db.schema.dropIndex('registration_groups_unclaimed').execute()
  await db.schema
    .createIndex('registration_groups_unclaimed')
    .on('registration_groups')
    .columns(['status_list_id', 'registration_id', 'recorded_at'])
    .where('registration_id' as never, 'is', null)
    .execute()
  await db.schema
    .createIndex('bulk_jobs_served')
    .on('bulk_jobs')
    .columns(['tenant_id', 'served_at'])
    .execute()
}

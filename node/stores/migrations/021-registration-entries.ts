import { type Kysely, sql } from 'kysely'

/**
 * Which registration an entry belongs to stands in a table of its own. A registration takes up a thousand entries at a
 * time: as rows of credentials, each 2 KB wide and in ten indices, PostgreSQL wrote all that anew, which took as long as
 * to issue them.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('registration_entries')
    .addColumn('credential_id', 'text', (c) => c.primaryKey())
    .addColumn('status_list_id', 'text', (c) => c.notNull())
    .addColumn('registration_id', 'text')
    .execute()
  await sql`insert into registration_entries (credential_id, status_list_id, registration_id)
    select credential_id, status_list_id, registration_id from credentials
    where status_list_id is not null`.execute(db)
  await db.schema
    .createIndex('registration_entries_claimed')
    .on('registration_entries')
    .column('registration_id')
    .where('registration_id' as never, 'is not', null)
    .execute()
  await db.schema
    .createIndex('registration_entries_unclaimed')
    .on('registration_entries')
    .columns(['status_list_id', 'registration_id'])
    .where('registration_id' as never, 'is', null)
    .execute()
  await db.schema.dropIndex('credentials_by_registration').execute()
  await db.schema.dropIndex('credentials_unregistered').execute()
  await db.schema.alterTable('credentials').dropColumn('registration_id').execute()
}

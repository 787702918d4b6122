import { type Kysely, sql } from 'kysely'
import { isPostgres } from '../postgres.ts'

/**
 * Entries that are recorded together name a group, and a registration takes up groups: so it changes one row for each
 * request, and not one for each credential, which on PostgreSQL took as long as to write the entry.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('registration_groups')
    .addColumn('group_id', 'text', (c) => c.primaryKey())
    .addColumn('status_list_id', 'text', (c) => c.notNull())
    .addColumn('count', 'integer', (c) => c.notNull())
    .addColumn('registration_id', 'text', (c) => c.references('registrations.registration_id'))
    .execute()
  // before anything is counted: nobody writes entries from here on
  await db.schema.dropIndex('registration_entries_unclaimed').execute()
  await db.schema.dropIndex('registration_entries_claimed').execute()
  // what is claimed is a group by the name of its registration, the rest of each list one by the name of the list
  await sql`insert into registration_groups (group_id, status_list_id, count, registration_id)
    select coalesce(registration_id, status_list_id), status_list_id, count(*), registration_id
    from registration_entries group by registration_id, status_list_id`.execute(db)
  await sql`update registration_entries set registration_id = status_list_id where registration_id is null`.execute(
    db,
  )
  await db.schema.alterTable('registration_entries').renameColumn('registration_id', 'group_id').execute()
  // SQLite can make no column mandatory afterwards
  if (isPostgres(db.getExecutor()))
    await db.schema
      .alterTable('registration_entries')
      .alterColumn('group_id', (column) => column.setNotNull())
      .execute()
  await db.schema
    .createIndex('registration_entries_by_group')
    .on('registration_entries')
    .column('group_id')
    .execute()
  await db.schema
    .createIndex('registration_groups_claimed')
    .on('registration_groups')
    .column('registration_id')
    .where('registration_id' as never, 'is not', null)
    .execute()
  await db.schema
    .createIndex('registration_groups_unclaimed')
    .on('registration_groups')
    .columns(['status_list_id', 'registration_id'])
    .where('registration_id' as never, 'is', null)
    .execute()
}

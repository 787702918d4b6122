import type { Kysely } from 'kysely'

/**
 * No entry of a status list is given out twice: its position, of which its index is made, is unique. Positions come in
 * order, so that a batch writes to a few pages of this index; it wrote to one page for each credential when the index in
 * the list was unique instead, which is random.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('credentials').addColumn('status_position', 'integer').execute()
  await db.schema
    .createIndex('credentials_position')
    .on('credentials')
    .columns(['status_list_id', 'status_position'])
    .unique()
    .execute()
}

import type { Kysely } from 'kysely'

/**
 * Whose a row of the outbox is, where a job does the work of several: they take turns. Rows of other jobs, and of before,
 * are in one lane, whose name is empty.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('outbox')
    .addColumn('lane', 'text', (c) => c.notNull().defaultTo(''))
    .execute()
  await db.schema.dropIndex('outbox_due').execute()
  await db.schema
    .createIndex('outbox_due')
    .on('outbox')
    .columns(['job', 'lane', 'due_at', 'done_at'])
    .where('done_at', 'is', null)
    .execute()
}

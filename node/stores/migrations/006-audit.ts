import { type Kysely, sql } from 'kysely'

/** The place of events in the audit log, and where its head is anchored. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('log_places')
    .addColumn('name', 'text', (c) => c.primaryKey())
    .addColumn('seq', 'integer', (c) => c.notNull())
    .addColumn('hash', 'text', (c) => c.notNull())
    .execute()
  const nothing = '0'.repeat(64)
  await sql`insert into log_places (name, seq, hash) values ('head', 0, ${nothing})`.execute(db)
  await db.schema.dropIndex('events_unchained').execute()
  await db.schema
    .createIndex('events_unplaced')
    .on('events')
    .columns(['id', 'seq'])
    .where('seq', 'is', null)
    .execute()
  await db.schema.alterTable('anchors').addColumn('audit_seq', 'integer').execute()
  await db.schema.alterTable('anchors').addColumn('audit_hash', 'text').execute()
  await db.schema.alterTable('registrations').addColumn('audit_seq', 'integer').execute()
  await db.schema.alterTable('registrations').addColumn('audit_proof', 'text').execute()
  await db.schema
    .createIndex('registrations_by_audit')
    .on('registrations')
    .columns(['audit_seq', 'registration_id'])
    .where('audit_seq', 'is not', null)
    .execute()
  await db.schema
    .createIndex('outbox_dead')
    .on('outbox')
    .columns(['job', 'dead_at'])
    .where('dead_at', 'is not', null)
    .execute()
}

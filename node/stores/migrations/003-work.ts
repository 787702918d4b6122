import type { Kysely } from 'kysely'

/** Events of the node, leases between processes, tenants of API keys, and what the outbox gives up. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('events')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('at', 'text', (c) => c.notNull())
    .addColumn('tenant_id', 'text', (c) => c.notNull())
    .addColumn('actor', 'text', (c) => c.notNull())
    .addColumn('request_id', 'text')
    .addColumn('type', 'text', (c) => c.notNull())
    .addColumn('subject', 'text', (c) => c.notNull())
    .addColumn('data', 'text', (c) => c.notNull())
    .addColumn('seq', 'integer', (c) => c.unique())
    .addColumn('hash', 'text')
    .execute()
  await db.schema
    .createIndex('events_unchained')
    .on('events')
    .columns(['at', 'id', 'seq'])
    .where('seq', 'is', null)
    .execute()
  await db.schema
    .createTable('leases')
    .addColumn('name', 'text', (c) => c.primaryKey())
    .addColumn('holder', 'text', (c) => c.notNull())
    .addColumn('until', 'text', (c) => c.notNull())
    .execute()
  await db.schema.alterTable('outbox').addColumn('dead_at', 'text').execute()
  await db.schema
    .alterTable('api_keys')
    .addColumn('tenant_id', 'text', (c) => c.notNull().defaultTo('default'))
    .execute()
}

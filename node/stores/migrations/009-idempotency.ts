import type { Kysely } from 'kysely'

/** What requests with an Idempotency-Key did and were answered. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('idempotency')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('tenant_id', 'text', (c) => c.notNull())
    .addColumn('fingerprint', 'text', (c) => c.notNull())
    .addColumn('holder', 'text', (c) => c.notNull())
    .addColumn('until', 'text', (c) => c.notNull())
    .addColumn('outcomes', 'text')
    .addColumn('answer', 'text')
    .addColumn('size', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('expires_at', 'text', (c) => c.notNull())
    .execute()
  await db.schema.createIndex('idempotency_by_expiry').on('idempotency').column('expires_at').execute()
  // holds all that counting a tenant's records asks for
  await db.schema.createIndex('idempotency_usage').on('idempotency').columns(['tenant_id', 'size']).execute()
  await db.schema
    .createIndex('idempotency_unanswered')
    .on('idempotency')
    .columns(['holder', 'answer'])
    .where('answer', 'is', null)
    .execute()
}

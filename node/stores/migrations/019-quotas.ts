import type { Kysely } from 'kysely'

/** What whoever adds rows that are counted holds until its transaction ends, and the indices by which they are counted. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('quota_locks')
    .addColumn('name', 'text', (c) => c.primaryKey())
    .execute()
  for (const table of ['schemas', 'api_keys', 'presentation_requests'] as const)
    await db.schema.createIndex(`${table}_of_tenant`).on(table).column('tenant_id').execute()
  await db.schema
    .createIndex('offers_of_credential')
    .on('offers')
    .columns(['credential_id', 'expires_at'])
    .execute()
  // those that can no longer be collected are of no use to anybody, and were kept until now
  await db.schema.createIndex('offers_by_expiry').on('offers').column('expires_at').execute()
}

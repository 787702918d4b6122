import type { Kysely } from 'kysely'

/** Which key signed a credential, and recalls of what a key has signed. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('credentials').addColumn('verification_method', 'text').execute()
  await db.schema
    .createIndex('credentials_by_key')
    .on('credentials')
    .columns(['verification_method', 'issued_at', 'credential_id'])
    .execute()
  await db.schema
    .createTable('recalls')
    .addColumn('recall_id', 'text', (c) => c.primaryKey())
    .addColumn('tenant_id', 'text', (c) => c.notNull())
    .addColumn('actor', 'text', (c) => c.notNull())
    .addColumn('issuer_did', 'text', (c) => c.notNull())
    .addColumn('verification_method', 'text', (c) => c.notNull())
    .addColumn('since', 'text', (c) => c.notNull())
    .addColumn('action', 'text', (c) => c.notNull())
    .addColumn('reason', 'text')
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('total', 'integer', (c) => c.notNull())
    .addColumn('done', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('failed', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('after_time', 'text')
    .addColumn('after_id', 'text')
    .addColumn('problem', 'text')
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addColumn('finished_at', 'text')
    .execute()
  await db.schema
    .createIndex('recalls_by_tenant')
    .on('recalls')
    .columns(['tenant_id', 'created_at', 'recall_id'])
    .execute()
  await db.schema
    .createIndex('recalls_running')
    .on('recalls')
    .columns(['created_at', 'state'])
    .where('state', '=', 'running')
    .execute()
  await db.schema
    .createTable('recalled_credentials')
    .addColumn('recall_id', 'text', (c) => c.notNull().references('recalls.recall_id'))
    .addColumn('credential_id', 'text', (c) => c.notNull())
    .addColumn('outcome', 'text', (c) => c.notNull())
    .addColumn('new_credential_id', 'text')
    .addColumn('problem', 'text')
    .addPrimaryKeyConstraint('recalled_credentials_key', ['recall_id', 'credential_id'])
    .execute()
}

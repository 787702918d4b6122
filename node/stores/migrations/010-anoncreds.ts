import type { Kysely } from 'kysely'

/** AnonCreds: schemas and definitions of issuers, the wallet of holders, what verifiers have asked. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await resources(db)
  await wallet(db)
  await db.schema
    .createTable('presentation_requests')
    .addColumn('request_id', 'text', (c) => c.primaryKey())
    .addColumn('tenant_id', 'text', (c) => c.notNull())
    .addColumn('request', 'text', (c) => c.notNull())
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addColumn('expires_at', 'text', (c) => c.notNull())
    .addColumn('used_at', 'text')
    .execute()
  await db.schema
    .createIndex('presentation_requests_by_end')
    .on('presentation_requests')
    .column('expires_at')
    .execute()
}

async function resources(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('anoncreds_schemas')
    .addColumn('schema_id', 'text', (c) => c.primaryKey())
    .addColumn('tenant_id', 'text', (c) => c.notNull())
    .addColumn('issuer_did', 'text', (c) => c.notNull())
    .addColumn('content', 'text', (c) => c.notNull())
    .addColumn('digest', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('active', 'integer', (c) => c.notNull())
    .addColumn('transaction_hash', 'text')
    .addColumn('created_at', 'text', (c) => c.notNull())
    .execute()
  await db.schema
    .createTable('anoncreds_definitions')
    .addColumn('cred_def_id', 'text', (c) => c.primaryKey())
    .addColumn('tenant_id', 'text', (c) => c.notNull())
    .addColumn('issuer_did', 'text', (c) => c.notNull())
    .addColumn('schema_id', 'text', (c) => c.notNull())
    .addColumn('tag', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('primes', 'integer', (c) => c.notNull())
    .addColumn('key_ref', 'text', (c) => c.references('keys.key_ref'))
    .addColumn('content', 'text')
    .addColumn('key_correctness_proof', 'text')
    .addColumn('digest', 'text')
    .addColumn('active', 'integer', (c) => c.notNull())
    .addColumn('transaction_hash', 'text')
    .addColumn('reason', 'text')
    .addColumn('created_at', 'text', (c) => c.notNull())
    .execute()
  for (const [table, id] of [
    ['anoncreds_schemas', 'schema_id'],
    ['anoncreds_definitions', 'cred_def_id'],
  ] as const)
    await db.schema
      .createIndex(`${table}_by_time`)
      .on(table)
      .columns(['tenant_id', 'created_at', id])
      .execute()
}

async function wallet(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('link_secrets')
    .addColumn('tenant_id', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('wrapped', 'text', (c) => c.notNull())
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('link_secrets_key', ['tenant_id', 'name'])
    .execute()
  await db.schema
    .createTable('wallet_credentials')
    .addColumn('credential_id', 'text', (c) => c.primaryKey())
    .addColumn('tenant_id', 'text', (c) => c.notNull())
    .addColumn('schema_id', 'text', (c) => c.notNull())
    .addColumn('cred_def_id', 'text', (c) => c.notNull())
    .addColumn('issuer_id', 'text', (c) => c.notNull())
    .addColumn('link_secret_name', 'text', (c) => c.notNull())
    .addColumn('sealed', 'text', (c) => c.notNull())
    .addColumn('stored_at', 'text', (c) => c.notNull())
    .execute()
  await db.schema
    .createIndex('wallet_credentials_by_time')
    .on('wallet_credentials')
    .columns(['tenant_id', 'stored_at', 'credential_id'])
    .execute()
}

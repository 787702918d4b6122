import type { Kysely } from 'kysely'

const owned = ['dids', 'schemas', 'credentials'] as const

/** Tenants, whose each DID, schema and credential is; aliases of schemas are a tenant's own. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('tenants')
    .addColumn('tenant_id', 'text', (c) => c.primaryKey())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('did_quota', 'integer')
    .addColumn('daily_credentials', 'integer')
    .addColumn('rate_limit', 'integer')
    .addColumn('created_at', 'text', (c) => c.notNull())
    .execute()
  await db.schema
    .createTable('tenant_usage')
    .addColumn('tenant_id', 'text', (c) => c.notNull())
    .addColumn('day', 'text', (c) => c.notNull())
    .addColumn('credentials', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('tenant_usage_key', ['tenant_id', 'day'])
    .execute()
  for (const table of owned)
    await db.schema
      .alterTable(table)
      .addColumn('tenant_id', 'text', (c) => c.notNull().defaultTo('default'))
      .execute()
  await db.schema
    .createIndex('dids_by_tenant')
    .on('dids')
    .columns(['tenant_id', 'created_at', 'did'])
    .execute()
  await db.schema.dropIndex('dids_by_time').execute()
  await db.schema
    .createIndex('credentials_by_tenant')
    .on('credentials')
    .columns(['tenant_id', 'issued_at', 'credential_id'])
    .execute()
  await db.schema.dropIndex('credentials_by_time').execute()
  await aliases(db as Kysely<Aliases>)
}

interface Aliases {
  schemas: { schema_id: string; alias: string | null; tenant_id: string }
  schema_aliases: { tenant_id: string; alias: string; schema_id: string }
}

async function aliases(db: Kysely<Aliases>): Promise<void> {
  await db.schema
    .createTable('schema_aliases')
    .addColumn('tenant_id', 'text', (c) => c.notNull())
    .addColumn('alias', 'text', (c) => c.notNull())
    .addColumn('schema_id', 'text', (c) => c.notNull().unique())
    .addPrimaryKeyConstraint('schema_aliases_key', ['tenant_id', 'alias'])
    .execute()
  const given = db
    .selectFrom('schemas')
    .select(['tenant_id', 'alias', 'schema_id'])
    .where('alias', 'is not', null)
  await db
    .insertInto('schema_aliases')
    .columns(['tenant_id', 'alias', 'schema_id'])
    .expression(given as never)
    .execute()
  // the column stays, because SQLite drops none that is unique; nothing reads it
  await db.updateTable('schemas').set({ alias: null }).execute()
}

import { type Kysely, sql } from 'kysely'

/**
 * What is to be taken in stands apart from the DIDs, for each tenant with its own keys, until the owner's transaction has
 * decided: as a row of `dids`, of which there is one for a DID, the first tenant to ask kept all others from it.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('did_imports')
    .addColumn('tenant_id', 'text', (c) => c.notNull())
    .addColumn('did', 'text', (c) => c.notNull())
    .addColumn('name', 'text')
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('did_imports_key', ['did', 'tenant_id'])
    .execute()
  await db.schema
    .createIndex('did_imports_of_tenant')
    .on('did_imports')
    .columns(['tenant_id', 'created_at', 'did'])
    .execute()
  await db.schema
    .createTable('did_import_keys')
    .addColumn('tenant_id', 'text', (c) => c.notNull())
    .addColumn('did', 'text', (c) => c.notNull())
    .addColumn('type', 'text', (c) => c.notNull())
    .addColumn('key_ref', 'text', (c) => c.notNull().references('keys.key_ref'))
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('did_import_keys_key', ['did', 'tenant_id', 'type'])
    .addForeignKeyConstraint('did_import_keys_import', ['did', 'tenant_id'], 'did_imports', [
      'did',
      'tenant_id',
    ])
    .execute()
  const waiting = sql`select did from dids where state = 'pending' and origin = 'imported'`
  await sql`insert into did_imports (tenant_id, did, name, created_at)
    select tenant_id, did, name, created_at from dids where did in (${waiting})`.execute(db)
  // 'active' (which sorts first): the document shows the key already, though not all that the node needs
  await sql`insert into did_import_keys (tenant_id, did, type, key_ref, created_at)
    select d.tenant_id, d.did, k.type, k.key_ref, k.created_at from did_keys k join dids d on d.did = k.did
    where d.did in (${waiting}) and k.state in ('active', 'pending')
    order by k.state, k.created_at on conflict do nothing`.execute(db)
  await sql`delete from did_keys where did in (${waiting})`.execute(db)
  await sql`delete from dids where state = 'pending' and origin = 'imported'`.execute(db)
}

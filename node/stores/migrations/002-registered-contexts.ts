import type { Kysely } from 'kysely'

/** Contexts that issuers have registered. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('registered_contexts')
    .addColumn('issuer_did', 'text', (c) => c.notNull().references('dids.did'))
    .addColumn('url', 'text', (c) => c.notNull())
    .addColumn('digest', 'text', (c) => c.notNull().references('contexts.digest'))
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('registered_contexts_key', ['issuer_did', 'url'])
    .execute()
}

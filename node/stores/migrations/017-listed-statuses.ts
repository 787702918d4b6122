import type { Kysely } from 'kysely'

/**
 * The few credentials that are revoked or suspended, of a tenant and of an issuer, and those of an issuer and a schema:
 * each in the order in which they are listed.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createIndex('credentials_not_valid')
    .on('credentials')
    .columns(['tenant_id', 'status', 'issued_at', 'credential_id'])
    .where('status' as never, '!=', 'valid')
    .execute()
  await db.schema
    .createIndex('credentials_not_valid_by_issuer')
    .on('credentials')
    .columns(['issuer_did', 'status', 'issued_at', 'credential_id'])
    .where('status' as never, '!=', 'valid')
    .execute()
  await db.schema
    .createIndex('credentials_by_issuer_and_schema')
    .on('credentials')
    .columns(['issuer_did', 'schema_id', 'issued_at', 'credential_id'])
    .execute()
}

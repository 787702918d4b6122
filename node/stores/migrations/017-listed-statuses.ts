import type { Kysely } from 'kysely'

/** The few credentials that are revoked or suspended, in the order in which they are listed. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createIndex('credentials_not_valid')
    .on('credentials')
    .columns(['tenant_id', 'status', 'issued_at', 'credential_id'])
    .where('status' as never, '!=', 'valid')
    .execute()
}

import type { Kysely } from 'kysely'

/** Chunks of files that are being issued, without a look at those that wait. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createIndex('bulk_chunks_claimed')
    .on('bulk_chunks')
    .columns(['job_id', 'claimed_until'])
    .where('claimed_by' as never, 'is not', null)
    .execute()
}

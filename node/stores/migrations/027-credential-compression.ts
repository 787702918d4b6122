import { type Kysely, sql } from 'kysely'
import { isPostgres } from '../postgres.ts'

/**
 * PostgreSQL compresses rows of more than 2 KB, as most credentials are: with pglz, its default, that was 40 of the 115 µs
 * that the server took for a credential (2 shared cores), with lz4 it is hardly anything, for the same size. A server may
 * be built without it.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  if (!isPostgres(db.getExecutor())) return
  const { rows } = await sql`select name from pg_settings
    where name = 'default_toast_compression' and 'lz4' = any(enumvals)`.execute(db)
  if (rows.length > 0) await sql`alter table credentials alter column secured set compression lz4`.execute(db)
}

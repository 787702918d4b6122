import { sql } from 'kysely'
import type { Database } from './database.ts'
import { isPostgres } from './postgres.ts'

/** Questions to the table of leases. */
export type LeaseStore = ReturnType<typeof createLeaseStore>

export function createLeaseStore(database: Database) {
  const clock = clockOf(database)
  return {
    /**
     * Takes a lease, or holds it longer; false while somebody else has it. The time is the database's: those of two
     * machines may be far apart.
     */
    async acquire(lease: { name: string; holder: string; milliseconds: number }): Promise<boolean> {
      const { name, holder, milliseconds } = lease
      const until = clock(milliseconds)
      const rows = await database
        .insertInto('leases')
        .values({ name, holder, until })
        .onConflict((conflict) =>
          conflict
            .column('name')
            .doUpdateSet({ holder, until })
            .where((eb) => eb.or([eb('leases.holder', '=', holder), eb('leases.until', '<', clock(0))])),
        )
        .returning('holder')
        .execute()
      return rows.length > 0
    },

    async release({ name, holder }: { name: string; holder: string }): Promise<void> {
      await database.deleteFrom('leases').where('name', '=', name).where('holder', '=', holder).execute()
    },
  }
}

/** So many milliseconds from now, as ISO 8601 in UTC, in the words of either database. */
function clockOf(database: Database) {
  const onPostgres = isPostgres(database.getExecutor())
  return (milliseconds: number) =>
    onPostgres
      ? sql<string>`to_char((clock_timestamp() + make_interval(secs => ${milliseconds / 1_000}::float8)) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
      : sql<string>`strftime('%Y-%m-%dT%H:%M:%fZ', 'now', ${`${milliseconds / 1_000} seconds`})`
}

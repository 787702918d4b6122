import type { Database } from './database.ts'

/** Questions to the table of leases. Times are ISO 8601 in UTC. */
export type LeaseStore = ReturnType<typeof createLeaseStore>

export function createLeaseStore(database: Database) {
  return {
    /** Takes a lease, or holds it longer; false while somebody else has it. */
    async acquire(lease: { name: string; holder: string; now: string; until: string }): Promise<boolean> {
      const { name, holder, now, until } = lease
      const rows = await database
        .insertInto('leases')
        .values({ name, holder, until })
        .onConflict((conflict) =>
          conflict
            .column('name')
            .doUpdateSet({ holder, until })
            .where((eb) => eb.or([eb('leases.holder', '=', holder), eb('leases.until', '<', now)])),
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

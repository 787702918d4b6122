import type { Database } from './database.ts'

/** Questions to the table of what rate limits count; times are ISO 8601 in UTC. */
export type RateCountStore = ReturnType<typeof createRateCountStore>

export function createRateCountStore(database: Database) {
  return {
    /**
     * Takes requests out of the window that began at a time, in one statement, and gives how many all processes have taken
     * of it with these.
     */
    async take({ name, begunAt, count }: { name: string; begunAt: string; count: number }): Promise<number> {
      const { taken } = await database
        .insertInto('rate_counts')
        .values({ name, begun_at: begunAt, taken: count })
        .onConflict((conflict) =>
          conflict.column('name').doUpdateSet((eb) => {
            const isNew = eb('rate_counts.begun_at', '<', begunAt)
            return {
              // the clock of another process may be ahead
              begun_at: eb.case().when(isNew).then(begunAt).else(eb.ref('rate_counts.begun_at')).end(),
              taken: eb
                .case()
                .when(isNew)
                .then(count)
                .else(eb('rate_counts.taken', '+', count))
                .end(),
            }
          }),
        )
        .returning('taken')
        .executeTakeFirstOrThrow()
      return taken
    },

    /** Forgets windows that began before a time. */
    async forget(before: string): Promise<number> {
      const { numDeletedRows } = await database
        .deleteFrom('rate_counts')
        .where('begun_at', '<', before)
        .executeTakeFirst()
      return Number(numDeletedRows)
    },
  }
}

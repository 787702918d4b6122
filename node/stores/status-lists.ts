import { sql } from 'kysely'
import type { StatusPurpose } from '../ledger/ledger.ts'
import { type Database, isUniqueViolation } from './database.ts'
import type { NewRow, Row } from './tables.ts'

export type StatusPairRow = Row<'status_pairs'>
export type StatusListRow = Row<'status_lists'>

// a few megabytes of addresses
const MOST_IDS = 20_000

/** Questions to the tables of status lists and their allocation. */
export type StatusListStore = ReturnType<typeof createStatusListStore>

export function createStatusListStore(database: Database) {
  return {
    /**
     * Hands out `count` entries of a pair in one statement and gives the position of the first; undefined when
     * the pair is full. Positions from the capacity on are not there.
     */
    async take(pairId: string, count: number): Promise<number | undefined> {
      const row = await database
        .updateTable('status_pairs')
        .set((eb) => ({ next: eb('next', '+', count) }))
        .where('pair_id', '=', pairId)
        .whereRef('next', '<', 'capacity')
        .returning('next')
        .executeTakeFirst()
      return row && row.next - count
    },

    /** The pair of an issuer that still has entries, or is being opened, with the lowest number. */
    async current(issuerDid: string): Promise<StatusPairRow | undefined> {
      return database
        .selectFrom('status_pairs')
        .selectAll()
        .where('issuer_did', '=', issuerDid)
        .where('state', '!=', 'foreign')
        .whereRef('next', '<', 'capacity')
        .orderBy('number')
        .limit(1)
        .executeTakeFirst()
    },

    async highestNumber(issuerDid: string): Promise<number> {
      const row = await database
        .selectFrom('status_pairs')
        .select('number')
        .where('issuer_did', '=', issuerDid)
        .orderBy('number', 'desc')
        .limit(1)
        .executeTakeFirst()
      return row?.number ?? 0
    },

    /** Writes a pair with its lists; false when there is one of that number already. */
    insertPair: (pair: NewRow<'status_pairs'>, lists: readonly NewRow<'status_lists'>[]) =>
      insertPair(database, pair, lists),

    /** Notes a transaction that may open a pair, beside those of other processes that do so at the same time. */
    async opening(pairId: string, transactionHash: string): Promise<void> {
      await database
        .updateTable('status_pairs')
        .set({ transaction_hash: sql`coalesce(transaction_hash || ' ', '') || ${transactionHash}` })
        .where('pair_id', '=', pairId)
        .execute()
    },

    /** Notes whose lists the ledger has; the first word counts. */
    async opened(pairId: string, state: 'open' | 'foreign'): Promise<void> {
      await database
        .updateTable('status_pairs')
        .set({ state })
        .where('pair_id', '=', pairId)
        .where('state', '=', 'opening')
        .execute()
    },

    async listsOf(pairId: string): Promise<Record<StatusPurpose, StatusListRow>> {
      const rows = await database
        .selectFrom('status_lists')
        .selectAll()
        .where('pair_id', '=', pairId)
        .execute()
      return Object.fromEntries(rows.map((row) => [row.purpose, row])) as Record<StatusPurpose, StatusListRow>
    },

    /** Ids of the revocation lists that are on the ledger, by which pairs are named: of one issuer, or of all. */
    async openIds(issuerDid: string | undefined): Promise<string[]> {
      const rows = await database
        .selectFrom('status_lists')
        .innerJoin('status_pairs', 'status_pairs.pair_id', 'status_lists.pair_id')
        .select('status_lists.status_list_id')
        .where('status_lists.purpose', '=', 'revocation')
        .where('status_pairs.state', '=', 'open')
        .$if(issuerDid !== undefined, (query) =>
          query.where('status_lists.issuer_did', '=', issuerDid as string),
        )
        .orderBy('status_lists.status_list_id')
        .limit(MOST_IDS)
        .execute()
      return rows.map(({ status_list_id: id }) => id)
    },

    async get(statusListId: string): Promise<StatusListRow | undefined> {
      return database
        .selectFrom('status_lists')
        .selectAll()
        .where('status_list_id', '=', statusListId)
        .executeTakeFirst()
    },
  }
}

async function insertPair(
  database: Database,
  pair: NewRow<'status_pairs'>,
  lists: readonly NewRow<'status_lists'>[],
): Promise<boolean> {
  try {
    await database.transaction().execute(async (trx) => {
      await trx.insertInto('status_pairs').values(pair).execute()
      await trx.insertInto('status_lists').values(lists).execute()
    })
    return true
  } catch (error) {
    if (isUniqueViolation(error)) return false
    throw error
  }
}

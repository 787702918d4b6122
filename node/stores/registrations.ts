import { type Database, isUniqueViolation } from './database.ts'
import type { Row } from './tables.ts'

export type AnchorRow = Row<'anchors'>
/** A registration with what its list is on the ledger. */
export type RegistrationRow = Row<'registrations'> & { key: string; issuer_did: string }
/** One registered entry, as it stands in the Merkle leaf. */
export interface RegisteredEntry {
  credential_id: string
  status_index: number
  digest: string
}

/** Where a registration was found on the ledger, or why it was refused. */
export type Settlement =
  | { registration_id: string; transactionHash: string; blockNumber: number }
  | { registration_id: string; reason: string }

/** Questions to the tables of registrations. */
export type RegistrationStore = ReturnType<typeof createRegistrationStore>

export function createRegistrationStore(database: Database) {
  return {
    /**
     * Puts every recorded, unregistered entry of at most `maxLists` lists into one new anchor, one registration
     * for each list, and takes the outbox rows that asked for it away. Undefined when there is none, or another
     * anchor is open.
     */
    async claim(input: {
      anchorId: string
      job: string
      now: string
      maxLists: number
      newId: () => string
    }): Promise<AnchorRow | undefined> {
      try {
        return await database.transaction().execute(async (trx) => {
          const asked = await trx
            .selectFrom('outbox')
            .select('id')
            .where('job', '=', input.job)
            .where('done_at', 'is', null)
            .execute()
          if (asked.length === 0) return undefined
          const lists = await trx
            .selectFrom('credentials')
            .innerJoin('status_lists', 'status_lists.status_list_id', 'credentials.status_list_id')
            .select((eb) => [
              'credentials.status_list_id',
              'status_lists.registered',
              eb.fn.countAll<number | string | bigint>().as('count'),
            ])
            .where('credentials.registration_id', 'is', null)
            .where('credentials.status_list_id', 'is not', null)
            .groupBy(['credentials.status_list_id', 'status_lists.registered'])
            .limit(input.maxLists + 1)
            .execute()
          const anchor = { anchor_id: input.anchorId, open: 1 as const, created_at: input.now }
          const row = { ...anchor, transaction_hash: null, raw_transaction: null, nonce: null }
          if (lists.length > 0) await trx.insertInto('anchors').values(row).execute()
          for (const list of lists.slice(0, input.maxLists)) {
            const registrationId = input.newId()
            const status_list_id = list.status_list_id as string
            await trx
              .insertInto('registrations')
              .values({
                registration_id: registrationId,
                anchor_id: input.anchorId,
                status_list_id,
                first: list.registered,
                count: Number(list.count),
                state: 'open',
              })
              .execute()
            await trx
              .updateTable('credentials')
              .set({ registration_id: registrationId })
              .where('status_list_id', '=', status_list_id)
              .where('registration_id', 'is', null)
              .execute()
          }
          // what is left over is asked for by its rows until nothing is
          if (lists.length <= input.maxLists)
            for (const { id } of asked) await trx.deleteFrom('outbox').where('id', '=', id).execute()
          return lists.length > 0 ? row : undefined
        })
      } catch (error) {
        if (isUniqueViolation(error)) return undefined
        throw error
      }
    },

    async openAnchor(): Promise<AnchorRow | undefined> {
      return database.selectFrom('anchors').selectAll().where('open', '=', 1).executeTakeFirst()
    },

    async openRegistrations(anchorId: string): Promise<RegistrationRow[]> {
      return database
        .selectFrom('registrations')
        .innerJoin('status_lists', 'status_lists.status_list_id', 'registrations.status_list_id')
        .selectAll('registrations')
        .select(['status_lists.key', 'status_lists.issuer_did'])
        .where('anchor_id', '=', anchorId)
        .where('state', '=', 'open')
        .execute()
    },

    /** The entries of a registration by index, which is the order of its leaves. */
    async entries(registrationId: string): Promise<RegisteredEntry[]> {
      const rows = await database
        .selectFrom('credentials')
        .select(['credential_id', 'status_index', 'digest'])
        .where('registration_id', '=', registrationId)
        .orderBy('status_index')
        .execute()
      return rows as RegisteredEntry[]
    },

    async signed(anchorId: string, transaction: { hash: string; raw: string; nonce: number }): Promise<void> {
      await database
        .updateTable('anchors')
        .set({
          transaction_hash: transaction.hash,
          raw_transaction: transaction.raw,
          nonce: transaction.nonce,
        })
        .where('anchor_id', '=', anchorId)
        .execute()
    },

    /** Corrects where a registration starts, when the ledger's counter is ahead of the database's. */
    async rebase(registrationId: string, first: number): Promise<void> {
      await database
        .updateTable('registrations')
        .set({ first })
        .where('registration_id', '=', registrationId)
        .execute()
    },

    /** Writes what became of registrations of an anchor, and closes it when none is open any more. */
    async settle(anchorId: string, settlements: readonly (Settlement & { root: string })[]): Promise<void> {
      await database.transaction().execute(async (trx) => {
        for (const settlement of settlements) {
          const outcome =
            'reason' in settlement
              ? { state: 'refused' as const, reason: settlement.reason }
              : {
                  state: 'registered' as const,
                  transaction_hash: settlement.transactionHash,
                  block_number: settlement.blockNumber,
                }
          const row = await trx
            .updateTable('registrations')
            .set({ ...outcome, root: settlement.root })
            .where('registration_id', '=', settlement.registration_id)
            .returning(['status_list_id', 'first', 'count'])
            .executeTakeFirstOrThrow()
          if (outcome.state === 'registered')
            await trx
              .updateTable('status_lists')
              .set({ registered: row.first + row.count })
              .where('status_list_id', '=', row.status_list_id)
              .execute()
        }
        const left = await trx
          .selectFrom('registrations')
          .select('registration_id')
          .where('anchor_id', '=', anchorId)
          .where('state', '=', 'open')
          .limit(1)
          .execute()
        if (left.length === 0)
          await trx
            .updateTable('anchors')
            .set({ open: null, raw_transaction: null })
            .where('anchor_id', '=', anchorId)
            .execute()
      })
    },

    async get(registrationId: string): Promise<RegistrationRow | undefined> {
      return database
        .selectFrom('registrations')
        .innerJoin('status_lists', 'status_lists.status_list_id', 'registrations.status_list_id')
        .selectAll('registrations')
        .select(['status_lists.key', 'status_lists.issuer_did'])
        .where('registration_id', '=', registrationId)
        .executeTakeFirst()
    },
  }
}

import { type Database, isUniqueViolation } from './database.ts'
import { appendEvent } from './events.ts'
import { type PageQuestion, pageOf } from './page.ts'
import { boundless, type CheckRoom } from './room.ts'
import type { NewRow, Row } from './tables.ts'

/** A credential definition as the node's records have it; the ledger is the truth. */
export type DefinitionRow = Row<'anoncreds_definitions'>

type NewDefinition = Pick<
  DefinitionRow,
  'cred_def_id' | 'tenant_id' | 'issuer_did' | 'schema_id' | 'tag' | 'created_at'
>

/** What belongs to a definition whose key has been made. */
type MadeDefinition = Record<'key_ref' | 'content' | 'key_correctness_proof' | 'digest', string>

/** Questions to the table of credential definitions. */
export type DefinitionStore = ReturnType<typeof createDefinitionStore>

export function createDefinitionStore(database: Database, room = boundless) {
  return { ...steps(database, room), ...reads(database) }
}

/** From the order to the ledger; each step begins where the one before ended, so that it happens once. */
function steps(database: Database, room: CheckRoom) {
  const change = (id: string, from: DefinitionRow['state'], trx: Database = database) =>
    trx.updateTable('anoncreds_definitions').where('cred_def_id', '=', id).where('state', '=', from)
  return {
    /**
     * Records the order of one, in place of one that failed; false when there is one of that id. `also` is written in the
     * same transaction.
     * @throws QUOTA_EXCEEDED
     */
    async insert(definition: NewDefinition, also?: (trx: Database) => Promise<void>): Promise<boolean> {
      const rest = { key_ref: null, content: null, key_correctness_proof: null, digest: null, reason: null }
      const row = { ...definition, ...rest, state: 'generating', primes: 0, active: 1 } as const
      try {
        await database.transaction().execute(async (trx) => {
          const { cred_def_id } = definition
          const failed = trx.deleteFrom('anoncreds_definitions').where('cred_def_id', '=', cred_def_id)
          await failed.where('state', '=', 'failed').execute()
          await trx
            .insertInto('anoncreds_definitions')
            .values({ ...row, transaction_hash: null })
            .execute()
          await room(trx, 'definitions', definition.tenant_id)
          await also?.(trx)
        })
        return true
      } catch (error) {
        if (isUniqueViolation(error)) return false
        throw error
      }
    },

    async countPrimes(id: string, primes: number): Promise<void> {
      await change(id, 'generating').set({ primes }).execute()
    },

    /** Keeps the definition together with its key, both or none; false when somebody else made it meanwhile. */
    async keep(id: string, made: MadeDefinition, key: NewRow<'keys'>): Promise<boolean> {
      return database.transaction().execute(async (trx) => {
        await trx.insertInto('keys').values(key).execute()
        const { numUpdatedRows } = await change(id, 'generating', trx)
          .set({ ...made, primes: 2, state: 'made' })
          .executeTakeFirst()
        if (numUpdatedRows > 0n) return true
        await trx.deleteFrom('keys').where('key_ref', '=', key.key_ref).execute()
        return false
      })
    },

    async recordTransaction(id: string, transactionHash: string): Promise<void> {
      await change(id, 'made').set({ transaction_hash: transactionHash }).execute()
    },

    /** The ledger holds it: recorded once, with the event that tells it. */
    async markRegistered(id: string, event: NewRow<'events'>): Promise<void> {
      await database.transaction().execute(async (trx) => {
        const { numUpdatedRows } = await change(id, 'made', trx)
          .set({ state: 'registered' })
          .executeTakeFirst()
        if (numUpdatedRows > 0n) await appendEvent(trx, event)
      })
    },

    /** It will never come onto the ledger: its key goes. */
    async fail(id: string, reason: string, event: NewRow<'events'>): Promise<void> {
      await database.transaction().execute(async (trx) => {
        const row = await trx
          .selectFrom('anoncreds_definitions')
          .select(['key_ref', 'state'])
          .where('cred_def_id', '=', id)
          .where('state', 'in', ['generating', 'made'])
          .executeTakeFirst()
        if (!row) return
        const nothing = { key_ref: null, content: null, key_correctness_proof: null, digest: null }
        await change(id, row.state, trx)
          .set({ ...nothing, state: 'failed', reason })
          .execute()
        if (row.key_ref) await trx.deleteFrom('keys').where('key_ref', '=', row.key_ref).execute()
        await appendEvent(trx, event)
      })
    },

    /** The ledger says that it is deactivated: recorded once, with the event that tells it. */
    async deactivate(id: string, event: NewRow<'events'>): Promise<void> {
      await database.transaction().execute(async (trx) => {
        const { numUpdatedRows } = await change(id, 'registered', trx)
          .set({ active: 0 })
          .where('active', '=', 1)
          .executeTakeFirst()
        if (numUpdatedRows > 0n) await appendEvent(trx, event)
      })
    },
  }
}

function reads(database: Database) {
  const all = () => database.selectFrom('anoncreds_definitions').selectAll()
  return {
    async get(id: string): Promise<DefinitionRow | undefined> {
      return all().where('cred_def_id', '=', id).executeTakeFirst()
    },

    /** Those that are not on the ledger yet, the oldest first: of each tenant as many as it may order at a time. */
    async unfinished(): Promise<Pick<DefinitionRow, 'cred_def_id' | 'tenant_id'>[]> {
      return database
        .selectFrom('anoncreds_definitions')
        .select(['cred_def_id', 'tenant_id'])
        .where('state', 'in', ['generating', 'made'])
        .orderBy('created_at')
        .orderBy('cred_def_id')
        .execute()
    },

    async countUnfinished(tenantId: string): Promise<number> {
      const { count } = await database
        .selectFrom('anoncreds_definitions')
        .select((eb) => eb.fn.countAll<number | string | bigint>().as('count'))
        .where('tenant_id', '=', tenantId)
        .where('state', 'in', ['generating', 'made'])
        .executeTakeFirstOrThrow()
      return Number(count)
    },

    /** A page of those of a tenant, newest first, whatever their state. */
    async list(
      question: PageQuestion & { tenantId: string },
    ): Promise<{ items: DefinitionRow[]; nextCursor: string | null }> {
      const query = all().where('tenant_id', '=', question.tenantId)
      const { rows, nextCursor } = await pageOf(query, { time: 'created_at', id: 'cred_def_id' }, question)
      return { items: rows, nextCursor }
    },
  }
}

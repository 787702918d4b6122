import { IssuerError } from '../errors.ts'
import { type Database, isUniqueViolation } from './database.ts'
import { appendEvent } from './events.ts'
import { type PageQuestion, pageOf } from './page.ts'
import { boundless } from './room.ts'
import type { NewRow, Row } from './tables.ts'

/** An AnonCreds schema as the node's records have it; the ledger is the truth. */
export type AnonCredsSchemaRow = Row<'anoncreds_schemas'>

type NewSchema = Pick<
  AnonCredsSchemaRow,
  'schema_id' | 'tenant_id' | 'issuer_did' | 'content' | 'digest' | 'created_at'
>

/** Questions to the table of AnonCreds schemas. */
export type AnonCredsSchemaStore = ReturnType<typeof createAnonCredsSchemaStore>

export function createAnonCredsSchemaStore(database: Database, room = boundless) {
  return {
    /**
     * Records the intent to register one; a pending one of the same id gives way. `also` is written in the same transaction.
     * @throws SCHEMA_ALREADY_EXISTS, QUOTA_EXCEEDED
     */
    async insertPending(schema: NewSchema, also?: (trx: Database) => Promise<void>): Promise<void> {
      const row = { ...schema, state: 'pending', active: 1, transaction_hash: null } as const
      try {
        await database.transaction().execute(async (trx) => {
          await forgetPending(trx, schema.schema_id)
          await trx.insertInto('anoncreds_schemas').values(row).execute()
          await room(trx, 'schemas', schema.tenant_id)
          await also?.(trx)
        })
      } catch (cause) {
        if (!isUniqueViolation(cause)) throw cause
        throw new IssuerError('SCHEMA_ALREADY_EXISTS', { facts: { schemaId: schema.schema_id }, cause })
      }
    },

    /**
     * The ledger holds it: recorded once, with the event that tells it. What is pending may be of another call for the
     * same id, which came later and lost; or be gone with it.
     */
    async markRegistered(
      schema: NewSchema & { transaction_hash: string | null },
      event: NewRow<'events'>,
    ): Promise<void> {
      await database.transaction().execute(async (trx) => {
        await forgetPending(trx, schema.schema_id)
        const inserted = await trx
          .insertInto('anoncreds_schemas')
          .values({ ...schema, state: 'registered', active: 1 })
          .onConflict((conflict) => conflict.column('schema_id').doNothing())
          .returning('schema_id')
          .execute()
        if (inserted.length > 0) await appendEvent(trx, event)
      })
    },

    /** Forgets one that never came onto the ledger. */
    removePending: (schemaId: string): Promise<void> => forgetPending(database, schemaId),

    /** The ledger says that it is deactivated: recorded once, with the event that tells it. */
    async deactivate(schemaId: string, event: NewRow<'events'>): Promise<void> {
      await database.transaction().execute(async (trx) => {
        const { numUpdatedRows } = await trx
          .updateTable('anoncreds_schemas')
          .set({ active: 0 })
          .where('schema_id', '=', schemaId)
          .where('active', '=', 1)
          .executeTakeFirst()
        if (numUpdatedRows > 0n) await appendEvent(trx, event)
      })
    },

    async get(schemaId: string): Promise<AnonCredsSchemaRow | undefined> {
      const query = database.selectFrom('anoncreds_schemas').selectAll()
      return query.where('schema_id', '=', schemaId).executeTakeFirst()
    },

    async pending(): Promise<AnonCredsSchemaRow[]> {
      return database
        .selectFrom('anoncreds_schemas')
        .selectAll()
        .where('state', '=', 'pending')
        .limit(1_000)
        .execute()
    },

    /** A page of those of a tenant, newest first. */
    async list(
      question: PageQuestion & { tenantId: string },
    ): Promise<{ items: AnonCredsSchemaRow[]; nextCursor: string | null }> {
      const query = database
        .selectFrom('anoncreds_schemas')
        .selectAll()
        .where('tenant_id', '=', question.tenantId)
        .where('state', '=', 'registered')
      const { rows, nextCursor } = await pageOf(query, { time: 'created_at', id: 'schema_id' }, question)
      return { items: rows, nextCursor }
    },
  }
}

async function forgetPending(database: Database, schemaId: string): Promise<void> {
  await database
    .deleteFrom('anoncreds_schemas')
    .where('schema_id', '=', schemaId)
    .where('state', '=', 'pending')
    .execute()
}

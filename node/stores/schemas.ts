import { IssuerError } from '../errors.ts'
import { type Database, isUniqueViolation } from './database.ts'
import { type PageQuestion, pageOf } from './page.ts'
import type { NewRow, Row } from './tables.ts'

/** A schema as the node's records have it; the ledger is the truth. Time: ISO 8601, UTC. */
interface StoredSchema {
  schemaId: string
  /** Key on the ledger, hex with 0x. */
  key: string
  issuerDid: string
  name: string
  version: string
  type: string
  alias: string | null
  /** JCS text of the schema document. */
  content: string
  /** SHA-256 of the content, hex with 0x. */
  digest: string
  restricted: boolean
  active: boolean
  state: 'pending' | 'registered'
  /** Known from its signing on. */
  transactionHash: string | null
  createdAt: string
}

export type NewSchemaRecord = Omit<StoredSchema, 'active' | 'state' | 'transactionHash' | 'createdAt'>

export type SchemaStore = ReturnType<typeof createSchemaStore>

/** Questions to the table of schemas. */
export function createSchemaStore(database: Database, now: () => Date = () => new Date()) {
  return { ...writes(database, now), ...reads(database) }
}

function writes(database: Database, now: () => Date) {
  return {
    /**
     * Records the intent to register schemas, all or none; a pending one of the same id gives way.
     * @throws SCHEMA_ALIAS_TAKEN, SCHEMA_ALREADY_EXISTS
     */
    async insertPending(schemas: readonly NewSchemaRecord[]): Promise<void> {
      try {
        await database.transaction().execute(async (trx) => {
          await trx
            .deleteFrom('schemas')
            .where(
              'schema_id',
              'in',
              schemas.map(({ schemaId }) => schemaId),
            )
            .where('state', '=', 'pending')
            .execute()
          await trx
            .insertInto('schemas')
            .values(schemas.map((schema) => toRow(schema, now())))
            .execute()
        })
      } catch (error) {
        throw isUniqueViolation(error) ? await conflict(database, schemas, error) : error
      }
    },

    async recordTransaction(schemaIds: readonly string[], transactionHash: string): Promise<void> {
      await database
        .updateTable('schemas')
        .set({ transaction_hash: transactionHash })
        .where('schema_id', 'in', schemaIds)
        .where('state', '=', 'pending')
        .execute()
    },

    /** The ledger holds them. */
    async markRegistered(schemaIds: readonly string[]): Promise<void> {
      await database
        .updateTable('schemas')
        .set({ state: 'registered' })
        .where('schema_id', 'in', schemaIds)
        .execute()
    },

    /** Forgets schemas that never came onto the ledger. */
    async removePending(schemaIds: readonly string[]): Promise<void> {
      await database
        .deleteFrom('schemas')
        .where('schema_id', 'in', schemaIds)
        .where('state', '=', 'pending')
        .execute()
    },

    async deactivate(schemaId: string): Promise<void> {
      await database.updateTable('schemas').set({ active: 0 }).where('schema_id', '=', schemaId).execute()
    },
  }
}

function reads(database: Database) {
  return {
    async get(schemaId: string): Promise<StoredSchema | undefined> {
      const query = database.selectFrom('schemas').selectAll().where('schema_id', '=', schemaId)
      return toStoredSchema(await query.executeTakeFirst())
    },

    async pending(): Promise<StoredSchema[]> {
      const rows = await database.selectFrom('schemas').selectAll().where('state', '=', 'pending').execute()
      return rows.map((row) => toStoredSchema(row) as StoredSchema)
    },

    /** The id that an alias of this node stands for. */
    async idOf(alias: string): Promise<string | undefined> {
      const row = await database
        .selectFrom('schemas')
        .select('schema_id')
        .where('alias', '=', alias)
        .where('state', '=', 'registered')
        .executeTakeFirst()
      return row?.schema_id
    },

    /** A page, newest first. */
    async list(
      question: PageQuestion & { issuerDid?: string | undefined },
    ): Promise<{ items: StoredSchema[]; nextCursor: string | null }> {
      const { issuerDid } = question
      const all = database.selectFrom('schemas').selectAll().where('state', '=', 'registered')
      const query = issuerDid === undefined ? all : all.where('issuer_did', '=', issuerDid)
      const { rows, nextCursor } = await pageOf(query, { time: 'created_at', id: 'schema_id' }, question)
      return { items: rows.map((row) => toStoredSchema(row) as StoredSchema), nextCursor }
    },
  }
}

const toRow = (schema: NewSchemaRecord, now: Date): NewRow<'schemas'> => ({
  schema_id: schema.schemaId,
  key: schema.key,
  issuer_did: schema.issuerDid,
  name: schema.name,
  version: schema.version,
  type: schema.type,
  alias: schema.alias,
  content: schema.content,
  digest: schema.digest,
  restricted: schema.restricted ? 1 : 0,
  active: 1,
  state: 'pending',
  transaction_hash: null,
  created_at: now.toISOString(),
})

async function conflict(
  database: Database,
  schemas: readonly NewSchemaRecord[],
  cause: unknown,
): Promise<IssuerError> {
  const same = await database
    .selectFrom('schemas')
    .select('schema_id')
    .where(
      'schema_id',
      'in',
      schemas.map(({ schemaId }) => schemaId),
    )
    .executeTakeFirst()
  if (same) return new IssuerError('SCHEMA_ALREADY_EXISTS', { facts: { schemaId: same.schema_id }, cause })
  return new IssuerError('SCHEMA_ALIAS_TAKEN', { facts: { alias: schemas[0]?.alias ?? null }, cause })
}

function toStoredSchema(row: Row<'schemas'> | undefined): StoredSchema | undefined {
  if (!row) return undefined
  return {
    schemaId: row.schema_id,
    key: row.key,
    issuerDid: row.issuer_did,
    name: row.name,
    version: row.version,
    type: row.type,
    alias: row.alias,
    content: row.content,
    digest: row.digest,
    restricted: row.restricted === 1,
    active: row.active === 1,
    state: row.state,
    transactionHash: row.transaction_hash,
    createdAt: row.created_at,
  }
}

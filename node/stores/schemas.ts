import { IssuerError } from '../errors.ts'
import { type Database, isUniqueViolation } from './database.ts'
import { appendEvent } from './events.ts'
import { type PageQuestion, pageOf } from './page.ts'
import { boundless, type CheckRoom } from './room.ts'
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
  /** Within its tenant. */
  alias: string | null
  tenantId: string
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
export function createSchemaStore(database: Database, room = boundless, now: () => Date = () => new Date()) {
  return { ...writes(database, { room, now }), ...reads(database) }
}

function writes(database: Database, { room, now }: { room: CheckRoom; now: () => Date }) {
  return {
    /**
     * Records the intent to register schemas, all or none; a pending one of the same id gives way.
     * @throws SCHEMA_ALIAS_TAKEN, SCHEMA_ALREADY_EXISTS, QUOTA_EXCEEDED
     */
    async insertPending(
      schemas: readonly NewSchemaRecord[],
      /** Written in the same transaction. */
      also?: (trx: Database) => Promise<void>,
    ): Promise<void> {
      try {
        await database.transaction().execute(async (trx) => {
          await forgetPending(
            trx,
            schemas.map(({ schemaId }) => schemaId),
          )
          await trx
            .insertInto('schemas')
            .values(schemas.map((schema) => toRow(schema, now())))
            .execute()
          const aliases = schemas.flatMap(aliasRow)
          if (aliases.length > 0) await trx.insertInto('schema_aliases').values(aliases).execute()
          for (const tenantId of new Set(schemas.map((schema) => schema.tenantId)))
            await room(trx, 'schemas', tenantId)
          await also?.(trx)
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
    async markRegistered(
      schemaIds: readonly string[],
      eventOf?: (schema: {
        schemaId: string
        issuerDid: string
        tenantId: string
        digest: string
      }) => NewRow<'events'>,
    ): Promise<void> {
      await database.transaction().execute(async (trx) => {
        const marked = await trx
          .updateTable('schemas')
          .set({ state: 'registered' })
          .where('schema_id', 'in', schemaIds)
          .where('state', '=', 'pending')
          .returning(['schema_id as schemaId', 'issuer_did as issuerDid', 'tenant_id as tenantId', 'digest'])
          .execute()
        for (const schema of marked) if (eventOf) await appendEvent(trx, eventOf(schema))
      })
    },

    /** Forgets schemas that never came onto the ledger. */
    async removePending(schemaIds: readonly string[]): Promise<void> {
      await database.transaction().execute((trx) => forgetPending(trx, schemaIds))
    },

    /** Writes what was done to a schema on the ledger alone. */
    note: (event: NewRow<'events'>): Promise<void> => appendEvent(database, event),

    async deactivate(schemaId: string, event?: NewRow<'events'>): Promise<void> {
      await database.transaction().execute(async (trx) => {
        const { numUpdatedRows } = await trx
          .updateTable('schemas')
          .set({ active: 0 })
          .where('schema_id', '=', schemaId)
          .where('active', '=', 1)
          .executeTakeFirst()
        if (numUpdatedRows > 0n && event) await appendEvent(trx, event)
      })
    },
  }
}

function reads(database: Database) {
  return {
    async get(schemaId: string): Promise<StoredSchema | undefined> {
      const query = named(database).where('schema_id', '=', schemaId)
      return toStoredSchema(await query.executeTakeFirst())
    },

    async pending(): Promise<StoredSchema[]> {
      const rows = await named(database).where('state', '=', 'pending').execute()
      return rows.map((row) => toStoredSchema(row) as StoredSchema)
    },

    /** The id that an alias stands for: the tenant's own, or else that of the node itself. */
    async idOf(tenantId: string, alias: string): Promise<string | undefined> {
      const rows = await database
        .selectFrom('schema_aliases')
        .innerJoin('schemas', 'schemas.schema_id', 'schema_aliases.schema_id')
        .select(['schema_aliases.schema_id', 'schema_aliases.tenant_id'])
        .where('schema_aliases.alias', '=', alias)
        .where((eb) =>
          eb.or([
            eb('schema_aliases.tenant_id', '=', tenantId),
            eb('schemas.issuer_did', 'in', ofNode(database)),
          ]),
        )
        .where('schemas.state', '=', 'registered')
        .execute()
      return (rows.find((row) => row.tenant_id === tenantId) ?? rows[0])?.schema_id
    },

    /** A page of a tenant's and the node's own, newest first. */
    async list(
      question: PageQuestion & { tenantId: string; issuerDid?: string | undefined },
    ): Promise<{ items: StoredSchema[]; nextCursor: string | null }> {
      const { issuerDid, tenantId } = question
      const all = named(database)
        .where('state', '=', 'registered')
        .where((eb) => eb.or([eb('tenant_id', '=', tenantId), eb('issuer_did', 'in', ofNode(database))]))
      const query = issuerDid === undefined ? all : all.where('issuer_did', '=', issuerDid)
      const { rows, nextCursor } = await pageOf(query, { time: 'created_at', id: 'schema_id' }, question)
      return { items: rows.map((row) => toStoredSchema(row) as StoredSchema), nextCursor }
    },
  }
}

type NamedRow = Row<'schemas'> & { name_of: string | null }

/** The node's own DIDs, whose schemas are everybody's. */
function ofNode(database: Database) {
  return database.selectFrom('dids').select('did').where('origin', '=', 'node')
}

/** Schemas with their aliases. */
function named(database: Database) {
  return database
    .selectFrom('schemas')
    .selectAll()
    .select((eb) =>
      eb
        .selectFrom('schema_aliases')
        .select('schema_aliases.alias')
        .whereRef('schema_aliases.schema_id', '=', 'schemas.schema_id')
        .as('name_of'),
    )
}

async function forgetPending(trx: Database, schemaIds: readonly string[]): Promise<void> {
  const pending = trx
    .selectFrom('schemas')
    .select('schema_id')
    .where('schema_id', 'in', schemaIds)
    .where('state', '=', 'pending')
  await trx.deleteFrom('schema_aliases').where('schema_id', 'in', pending).execute()
  await trx.deleteFrom('schemas').where('schema_id', 'in', schemaIds).where('state', '=', 'pending').execute()
}

function aliasRow({ tenantId, alias, schemaId }: NewSchemaRecord): NewRow<'schema_aliases'>[] {
  return alias === null ? [] : [{ tenant_id: tenantId, alias, schema_id: schemaId }]
}

const toRow = (schema: NewSchemaRecord, now: Date): NewRow<'schemas'> => ({
  schema_id: schema.schemaId,
  key: schema.key,
  issuer_did: schema.issuerDid,
  name: schema.name,
  version: schema.version,
  type: schema.type,
  alias: null,
  tenant_id: schema.tenantId,
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

function toStoredSchema(row: NamedRow | undefined): StoredSchema | undefined {
  if (!row) return undefined
  return {
    schemaId: row.schema_id,
    key: row.key,
    issuerDid: row.issuer_did,
    name: row.name,
    version: row.version,
    type: row.type,
    alias: row.name_of,
    tenantId: row.tenant_id,
    content: row.content,
    digest: row.digest,
    restricted: row.restricted === 1,
    active: row.active === 1,
    state: row.state,
    transactionHash: row.transaction_hash,
    createdAt: row.created_at,
  }
}

import { type SelectQueryBuilder, sql } from 'kysely'
import { IssuerError } from '../errors.ts'
import type { KeyType } from '../keys/key-store.ts'
import { defaultTenant } from '../request-context.ts'
import { counted } from './counted-rows.ts'
import { type Database, isUniqueViolation } from './database.ts'
import { appendEvent } from './events.ts'
import { type PageQuestion, pageOfSeveral } from './page.ts'
import { boundless, type CheckRoom } from './room.ts'
import { type DidKey, type StoredDid, withKeys } from './stored-did.ts'
import type { NewRow, Row, Tables } from './tables.ts'

type NewDid = Pick<StoredDid, 'did' | 'method' | 'name' | 'origin' | 'controllerKeyRef'> & {
  tenantId?: string
}

/** What the resolution of a DID showed about its keys. */
interface SeenKeys {
  /** Pending keys that the document shows now. */
  shown: readonly DidKey[]
  /** Active keys that it shows no longer. */
  ended: readonly string[]
  event?: NewRow<'events'> | undefined
}

export type DidStore = ReturnType<typeof createDidStore>

/** Questions to the tables of DIDs and their keys. */
export function createDidStore(database: Database, room = boundless, now: () => Date = () => new Date()) {
  return Object.assign(
    intents(database, { room, now }),
    facts(database, now),
    questions(database),
    pages(database),
  )
}

/** What is recorded before the ledger knows of it, and forgotten when it never does. */
function intents(database: Database, { room, now }: { room: CheckRoom; now: () => Date }) {
  const time = () => now().toISOString()
  return {
    /**
     * Records the intent to make a DID, before the ledger knows of it.
     * @throws DID_ALREADY_EXISTS, also when it is another tenant's; QUOTA_EXCEEDED
     */
    async insertPending(
      input: NewDid & {
        keys: readonly { keyRef: string; type: KeyType }[]
        /** Written in the same transaction. */
        also?: ((trx: Database) => Promise<void>) | undefined
      },
    ): Promise<void> {
      const at = time()
      const written = database.transaction().execute(async (trx) => {
        await trx
          .insertInto('dids')
          .values({
            did: input.did,
            method: input.method,
            name: input.name,
            controller_key_ref: input.controllerKeyRef,
            state: 'pending',
            origin: input.origin,
            tenant_id: input.tenantId ?? defaultTenant,
            transaction_hash: null,
            created_at: at,
            updated_at: at,
            deactivated_at: null,
          })
          .execute()
        await trx
          .insertInto('did_keys')
          .values(input.keys.map((key) => pendingRow(input.did, key, at)))
          .execute()
        // the node's own is there before anybody asks
        if (input.origin !== 'node') await room(trx, 'dids', input.tenantId ?? defaultTenant)
        await input.also?.(trx)
      })
      await written.catch((cause) => {
        if (!isUniqueViolation(cause)) throw cause
        throw new IssuerError('DID_ALREADY_EXISTS', { facts: { did: input.did }, cause })
      })
    },

    /** `also` is written in the same transaction. @throws QUOTA_EXCEEDED */
    async addPendingKeys(
      did: string,
      keys: readonly { keyRef: string; type: KeyType }[],
      also?: (trx: Database) => Promise<void>,
    ): Promise<void> {
      if (keys.length === 0) return
      const at = time()
      await database.transaction().execute(async (trx) => {
        await trx
          .insertInto('did_keys')
          .values(keys.map((key) => pendingRow(did, key, at)))
          .execute()
        await room(trx, 'keys', did)
        await also?.(trx)
      })
    },

    /** The same for types of which the DID has no key, active or pending; gives those that are added. @throws QUOTA_EXCEEDED */
    async addMissingKeys<Key extends { keyRef: string; type: KeyType }>(
      did: string,
      keys: readonly Key[],
    ): Promise<readonly Key[]> {
      if (keys.length === 0) return []
      return database.transaction().execute(async (trx) => {
        // of two that add at once, the second one sees what the first has added
        await trx.selectFrom('dids').select('did').where('did', '=', did).forUpdate().execute()
        const present = await trx
          .selectFrom('did_keys')
          .select('type')
          .where('did', '=', did)
          .where('state', 'in', ['active', 'pending'])
          .execute()
        const added = keys.filter((key) => !present.some(({ type }) => type === key.type))
        if (added.length === 0) return []
        const at = time()
        await trx
          .insertInto('did_keys')
          .values(added.map((key) => pendingRow(did, key, at)))
          .execute()
        await room(trx, 'keys', did)
        return added
      })
    },

    async recordTransaction(did: string, transactionHash: string): Promise<void> {
      await database
        .updateTable('dids')
        .set({ transaction_hash: transactionHash })
        .where('did', '=', did)
        .execute()
    },

    /** Forgets keys that never came onto the ledger. */
    async removePendingKeys(did: string, keyRefs: readonly string[]): Promise<void> {
      if (keyRefs.length === 0) return
      await database
        .deleteFrom('did_keys')
        .where('did', '=', did)
        .where('key_ref', 'in', keyRefs)
        .where('state', '=', 'pending')
        .execute()
    },

    /** Forgets a DID that never came onto the ledger. */
    async removePending(did: string): Promise<void> {
      await database.transaction().execute(async (trx) => {
        // another process may be making it active at this moment: with its keys, or not at all
        await trx.selectFrom('dids').select('did').where('did', '=', did).forUpdate().execute()
        const pending = trx
          .selectFrom('dids')
          .select('did')
          .where('did', '=', did)
          .where('state', '=', 'pending')
        await trx.deleteFrom('did_keys').where('did', 'in', pending).execute()
        await trx.deleteFrom('dids').where('did', '=', did).where('state', '=', 'pending').execute()
      })
    },
  }
}

/** What the ledger has shown, and what only the node knows. */
function facts(database: Database, now: () => Date) {
  const time = () => now().toISOString()
  return {
    /** Makes a pending DID active. */
    async activate(did: string, event?: NewRow<'events'>): Promise<void> {
      await database.transaction().execute(async (trx) => {
        const { numUpdatedRows } = await trx
          .updateTable('dids')
          .set({ state: 'active', updated_at: time() })
          .where('did', '=', did)
          .where('state', '=', 'pending')
          .executeTakeFirst()
        if (numUpdatedRows > 0n && event) await appendEvent(trx, event)
      })
    },

    /** Brings the records of keys to what the DID document shows. */
    async recordSeenKeys(did: string, { shown, ended, event }: SeenKeys): Promise<void> {
      const at = time()
      await database.transaction().execute(async (trx) => {
        for (const { keyRef, verificationMethod } of shown)
          await trx
            .updateTable('did_keys')
            .set({ verification_method: verificationMethod, state: 'active' })
            .where('did', '=', did)
            .where('key_ref', '=', keyRef)
            .where('state', '=', 'pending')
            .execute()
        for (const keyRef of ended)
          await trx
            .updateTable('did_keys')
            .set({ state: 'rotated', ended_at: at })
            .where('did', '=', did)
            .where('key_ref', '=', keyRef)
            .where('state', '=', 'active')
            .execute()
        if (event) await appendEvent(trx, event)
      })
    },

    /** Writes that a DID was changed, and its name when there is another one. */
    async update(
      did: string,
      change: { name?: string | null | undefined; event?: NewRow<'events'> },
    ): Promise<void> {
      const { name, event } = change
      await database.transaction().execute(async (trx) => {
        const values = { ...(name !== undefined && { name }), updated_at: time() }
        await trx.updateTable('dids').set(values).where('did', '=', did).execute()
        if (event) await appendEvent(trx, event)
      })
    },

    async deactivate(did: string, event?: NewRow<'events'>): Promise<void> {
      const at = time()
      await database.transaction().execute(async (trx) => {
        const { numUpdatedRows } = await trx
          .updateTable('dids')
          .set({ state: 'deactivated', deactivated_at: at, updated_at: at })
          .where('did', '=', did)
          .where('state', '!=', 'deactivated')
          .executeTakeFirst()
        if (numUpdatedRows > 0n && event) await appendEvent(trx, event)
      })
    },
  }
}

function questions(database: Database) {
  return {
    async get(did: string): Promise<StoredDid | undefined> {
      const rows = await database.selectFrom('dids').selectAll().where('did', '=', did).execute()
      return (await withKeys(database, rows))[0]
    },

    /** How many a tenant has, pending and deactivated ones and those that wait for their owners included. */
    count: (tenantId: string): Promise<number> => counted.dids.count(database, tenantId),

    /**
     * DIDs or keys whose transaction may have been mined without this node having seen it. Not those whose owners send the
     * transactions: they may take as long as they like, and then ask for it to be looked at.
     */
    async unsettled(): Promise<StoredDid[]> {
      const rows = await database
        .selectFrom('dids')
        .selectAll()
        .where((eb) =>
          eb.or([
            eb('state', '=', 'pending'),
            eb('did', 'in', eb.selectFrom('did_keys').select('did').where('state', '=', 'pending')),
          ]),
        )
        .where('state', '!=', 'deactivated')
        .where('origin', '!=', 'imported')
        .orderBy('created_at')
        .execute()
      return withKeys(database, rows)
    },

    async ofNode(): Promise<StoredDid | undefined> {
      const rows = await database
        .selectFrom('dids')
        .selectAll()
        .where('origin', '=', 'node')
        .where('state', '!=', 'deactivated')
        .orderBy('created_at')
        .limit(1)
        .execute()
      return (await withKeys(database, rows))[0]
    },

    /** All DIDs that are not pending, the oldest first. */
    async all(): Promise<StoredDid[]> {
      const rows = await database
        .selectFrom('dids')
        .selectAll()
        .where('state', '!=', 'pending')
        .orderBy('created_at')
        .orderBy('did')
        .execute()
      return withKeys(database, rows)
    },
  }
}

function pages(database: Database) {
  return {
    /** A page of a tenant's, what it wants to take in included, newest first; `issuers` limits it. */
    async list(
      question: PageQuestion & { tenantId: string; issuers?: readonly string[] | undefined },
    ): Promise<{ items: StoredDid[]; nextCursor: string | null }> {
      const { issuers, tenantId } = question
      if (issuers?.length === 0) return { items: [], nextCursor: null }
      const columns = { time: 'created_at', id: 'did' } as const
      const queries = [recorded(database), wanted(database)].map((part) => {
        const own = database.selectFrom(part.as('part')).selectAll().where('tenant_id', '=', tenantId)
        return issuers ? own.where('did', 'in', issuers) : own
      })
      const { rows, nextCursor } = await pageOfSeveral(database, queries, columns, question)
      return { items: await withKeys(database, rows), nextCursor }
    },
  }
}

const recorded = (database: Database) =>
  database
    .selectFrom('dids')
    .select(['did', 'method', 'name', 'controller_key_ref', 'state', 'origin', 'tenant_id'])
    .select(['transaction_hash', 'created_at', 'updated_at', 'deactivated_at'])

/** DIDs that wait for their owners, as rows like those. */
const wanted = (database: Database): SelectQueryBuilder<Tables, 'dids', Row<'dids'>> =>
  database
    .selectFrom('did_imports')
    .select(['did', sql`'ethr'`.as('method'), 'name', sql`null`.as('controller_key_ref')])
    .select([sql`'pending'`.as('state'), sql`'imported'`.as('origin'), 'tenant_id'])
    .select([sql`null`.as('transaction_hash'), 'created_at', 'created_at as updated_at'])
    .select(sql`null`.as('deactivated_at')) as never

const pendingRow = (did: string, { keyRef, type }: { keyRef: string; type: KeyType }, at: string) => ({
  verification_method: `pending:${keyRef}`,
  did,
  type,
  key_ref: keyRef,
  state: 'pending' as const,
  created_at: at,
  ended_at: null,
})

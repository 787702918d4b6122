import { IssuerError } from '../errors.ts'
import type { KeyType } from '../keys/key-store.ts'
import { type Database, isUniqueViolation } from './database.ts'
import { appendEvent } from './events.ts'
import { boundless } from './room.ts'
import type { DidKey, PendingKey } from './stored-did.ts'
import type { NewRow } from './tables.ts'

/** A DID that a tenant wants to take in. Any tenant may want any DID: its owner decides whose keys come onto the ledger. */
interface Place {
  tenantId: string
  did: string
}

export type DidImportStore = ReturnType<typeof createDidImportStore>

/** Questions to the tables of DIDs that wait for their owners. */
export function createDidImportStore(
  database: Database,
  room = boundless,
  now: () => Date = () => new Date(),
) {
  return Object.assign(wishes(database, room, now), completion(database, now))
}

function wishes(database: Database, room: typeof boundless, now: () => Date) {
  return {
    /** The keys made for it, the oldest first; none where it is not wanted. */
    keys: (place: Place): Promise<PendingKey[]> => keysOf(database, place),

    /**
     * Records that a DID is wanted, its name where one is given, and keys of types that it has none of yet. Gives all keys
     * made for it, the oldest first; undefined, with nothing written, when it is this tenant's by now.
     * @throws DID_ALREADY_EXISTS when it is another tenant's; QUOTA_EXCEEDED
     */
    async record({
      tenantId,
      did,
      name,
      keys,
    }: Place & { name?: string | undefined; keys: readonly { keyRef: string; type: KeyType }[] }): Promise<
      PendingKey[] | undefined
    > {
      const at = now().toISOString()
      return database.transaction().execute(async (trx) => {
        const taken = await trx
          .selectFrom('dids')
          .select('tenant_id')
          .where('did', '=', did)
          .executeTakeFirst()
        if (taken?.tenant_id === tenantId) return undefined
        if (taken) throw new IssuerError('DID_ALREADY_EXISTS', { facts: { did } })
        await trx
          .insertInto('did_imports')
          .values({ tenant_id: tenantId, did, name: name ?? null, created_at: at })
          .onConflict((conflict) =>
            conflict.columns(['did', 'tenant_id']).doUpdateSet(name === undefined ? { did } : { name }),
          )
          .execute()
        for (const { keyRef, type } of keys)
          await trx
            .insertInto('did_import_keys')
            .values({ tenant_id: tenantId, did, type, key_ref: keyRef, created_at: at })
            .onConflict((conflict) => conflict.doNothing())
            .execute()
        await room(trx, 'dids', tenantId)
        return keysOf(trx, { tenantId, did })
      })
    },

    /** Forgets that a DID is wanted, and gives the keys made for it: undefined where it was not. */
    async remove(place: Place): Promise<string[] | undefined> {
      return database.transaction().execute(async (trx) => {
        if (!(await hold(trx, place))) return undefined
        const keys = await keysOf(trx, place)
        await forget(trx, place)
        return keys.map(({ keyRef }) => keyRef)
      })
    },
  }
}

function completion(database: Database, now: () => Date) {
  return {
    /**
     * Makes a DID that was wanted one of the node, with the keys that its document shows; those that it does not show
     * stay pending. Nobody else can have it from then on: the keys that others made for it are forgotten, and given.
     * Undefined, with nothing written, when it is not wanted any more, or with other keys.
     * @throws DID_ALREADY_EXISTS when another tenant was first
     */
    async complete(
      place: Place & { shown: readonly DidKey[]; event: NewRow<'events'> },
    ): Promise<string[] | undefined> {
      const { did, tenantId, shown, event } = place
      const written = database.transaction().execute(async (trx) => {
        const wanted = await hold(trx, place)
        const keys = await keysOf(trx, place)
        const isMade = (ref: string) => keys.some(({ keyRef }) => keyRef === ref)
        if (!wanted || !shown.every(({ keyRef }) => isMade(keyRef))) return undefined
        await trx
          .insertInto('dids')
          .values({
            did,
            method: 'ethr',
            name: wanted.name,
            controller_key_ref: null,
            state: 'active',
            origin: 'imported',
            tenant_id: tenantId,
            transaction_hash: null,
            created_at: wanted.created_at,
            updated_at: now().toISOString(),
            deactivated_at: null,
          })
          .execute()
        const rows = keys.map(({ keyRef, type, createdAt }) => {
          const found = shown.find((key) => key.keyRef === keyRef)
          return {
            ...{ did, type, key_ref: keyRef, created_at: createdAt, ended_at: null },
            state: found ? ('active' as const) : ('pending' as const),
            verification_method: found?.verificationMethod ?? `pending:${keyRef}`,
          }
        })
        await trx.insertInto('did_keys').values(rows).execute()
        const others = await trx
          .selectFrom('did_import_keys')
          .select('key_ref')
          .where('did', '=', did)
          .where('tenant_id', '!=', tenantId)
          .execute()
        await forget(trx, { did })
        await appendEvent(trx, event)
        return others.map(({ key_ref }) => key_ref)
      })
      return written.catch((cause) => {
        if (!isUniqueViolation(cause)) throw cause
        throw new IssuerError('DID_ALREADY_EXISTS', { facts: { did }, cause })
      })
    },
  }
}

async function keysOf(database: Database, { tenantId, did }: Place): Promise<PendingKey[]> {
  const rows = await database
    .selectFrom('did_import_keys')
    .selectAll()
    .where('did', '=', did)
    .where('tenant_id', '=', tenantId)
    .orderBy('created_at')
    .orderBy('key_ref')
    .execute()
  return rows.map((row) => ({
    type: row.type as KeyType,
    keyRef: row.key_ref,
    createdAt: row.created_at,
  }))
}

/** Its row, of which, and of those of others for the same DID, nobody else changes any until the transaction ends. */
async function hold(trx: Database, { tenantId, did }: Place) {
  const all = trx.selectFrom('did_imports').selectAll().where('did', '=', did)
  // in one order, so that two that hold them never wait for each other
  const rows = await all.orderBy('tenant_id').forUpdate().execute()
  return rows.find((row) => row.tenant_id === tenantId)
}

/** Of one tenant, or of all. */
async function forget(trx: Database, { tenantId, did }: { tenantId?: string; did: string }): Promise<void> {
  for (const table of ['did_import_keys', 'did_imports'] as const) {
    const all = trx.deleteFrom(table).where('did', '=', did)
    await (tenantId === undefined ? all : all.where('tenant_id', '=', tenantId)).execute()
  }
}

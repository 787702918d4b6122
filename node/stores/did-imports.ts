import { IssuerError } from '../errors.ts'
import type { KeyType } from '../keys/key-store.ts'
import type { Database } from './database.ts'
import { appendEvent } from './events.ts'
import { boundless, withLock } from './room.ts'
import type { DidKey, PendingKey } from './stored-did.ts'
import type { NewRow } from './tables.ts'

/** A DID that a tenant wants to take in. Any tenant may want any DID: its owner decides whose keys come onto the ledger. */
interface Place {
  tenantId: string
  did: string
}

interface Wish extends Place {
  name?: string | undefined
  keys: readonly { keyRef: string; type: KeyType }[]
}

interface Completion extends Place {
  /** Types of which the document has to show a key. */
  types: readonly KeyType[]
  shown: readonly DidKey[]
  event: NewRow<'events'>
}

export type DidImportStore = ReturnType<typeof createDidImportStore>

/** Questions to the tables of DIDs that wait for their owners. Whatever changes one is alone with it. */
export function createDidImportStore(
  database: Database,
  room = boundless,
  now: () => Date = () => new Date(),
) {
  const alone = <T>({ did }: Place, act: (trx: Database) => Promise<T>) =>
    withLock(database, `import ${did}`, act)
  const time = () => now().toISOString()
  return {
    /** The keys made for it, the oldest first; none where it is not wanted. */
    keys: (place: Place): Promise<PendingKey[]> => keysOf(database, place),

    /**
     * Records that a DID is wanted, its name where one is given, and keys of types that it has none of yet. Gives all keys
     * made for it, the oldest first; undefined, with nothing written, when it is this tenant's by now.
     * @throws DID_ALREADY_EXISTS when it is another tenant's; QUOTA_EXCEEDED
     */
    record: (wish: Wish): Promise<PendingKey[] | undefined> =>
      alone(wish, async (trx) => {
        const { did, tenantId } = wish
        const holder = await trx
          .selectFrom('dids')
          .select('tenant_id')
          .where('did', '=', did)
          .executeTakeFirst()
        if (holder?.tenant_id === tenantId) return undefined
        if (holder) throw new IssuerError('DID_ALREADY_EXISTS', { facts: { did } })
        const isNew = (await findWish(trx, wish)) === undefined
        await insertWish(trx, wish, time())
        if (isNew) await room(trx, 'dids', tenantId)
        return keysOf(trx, wish)
      }),

    /** Forgets that a DID is wanted, and gives the keys made for it: undefined where it was not. */
    remove: (place: Place): Promise<string[] | undefined> =>
      alone(place, async (trx) => ((await findWish(trx, place)) ? forget(trx, place) : undefined)),

    /**
     * Makes a DID that was wanted one of the node, with the keys that its document shows; those that it does not show
     * stay pending. Nobody else can have it from then on: the keys that others made for it are forgotten, and given.
     * Undefined, with nothing written, when it is not wanted any more, or has no key of a type that the document shows.
     */
    complete: (input: Completion): Promise<string[] | undefined> =>
      alone(input, async (trx) => {
        const wish = await findWish(trx, input)
        if (!wish) return undefined
        const made = await keysOf(trx, input)
        const keys = made.map((key) => ({
          key,
          seen: input.shown.find(({ keyRef }) => keyRef === key.keyRef),
        }))
        const isShown = (type: KeyType) => keys.some(({ key, seen }) => seen && key.type === type)
        if (input.types.length === 0 || !input.types.every(isShown)) return undefined
        await insertDid(trx, { ...wish, keys, at: time() })
        const forgotten = await forget(trx, { did: input.did })
        await appendEvent(trx, input.event)
        return forgotten.filter((ref) => !made.some(({ keyRef }) => keyRef === ref))
      }),
  }
}

async function insertWish(trx: Database, { tenantId, did, name, keys }: Wish, at: string): Promise<void> {
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
}

async function insertDid(
  trx: Database,
  input: {
    did: string
    tenant_id: string
    name: string | null
    created_at: string
    at: string
    keys: readonly { key: PendingKey; seen: DidKey | undefined }[]
  },
): Promise<void> {
  const { did, tenant_id, name, created_at, at, keys } = input
  await trx
    .insertInto('dids')
    .values({
      ...{ did, tenant_id, name, created_at, updated_at: at, deactivated_at: null },
      ...{ method: 'ethr', state: 'active', origin: 'imported' },
      ...{ controller_key_ref: null, transaction_hash: null },
    })
    .execute()
  const rows = keys.map(({ key: { keyRef, type, createdAt }, seen }) => ({
    ...{ did, type, key_ref: keyRef, created_at: createdAt, ended_at: null },
    state: seen ? ('active' as const) : ('pending' as const),
    verification_method: seen?.verificationMethod ?? `pending:${keyRef}`,
  }))
  await trx.insertInto('did_keys').values(rows).execute()
}

const findWish = (trx: Database, { tenantId, did }: Place) =>
  trx
    .selectFrom('did_imports')
    .selectAll()
    .where('did', '=', did)
    .where('tenant_id', '=', tenantId)
    .executeTakeFirst()

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

/** What one tenant wants, or all; gives the keys made for it. */
async function forget(trx: Database, { tenantId, did }: { tenantId?: string; did: string }) {
  const keys = trx.deleteFrom('did_import_keys').where('did', '=', did).returning('key_ref')
  const imports = trx.deleteFrom('did_imports').where('did', '=', did)
  const ofOne = tenantId !== undefined
  const forgotten = await (ofOne ? keys.where('tenant_id', '=', tenantId) : keys).execute()
  await (ofOne ? imports.where('tenant_id', '=', tenantId) : imports).execute()
  return forgotten.map(({ key_ref }) => key_ref)
}

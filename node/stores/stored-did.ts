import type { KeyType } from '../keys/key-store.ts'
import type { Database } from './database.ts'
import type { Row } from './tables.ts'

/** A key of a DID; `verificationMethod` is the id that resolution gave it. */
export interface DidKey {
  verificationMethod: string
  type: KeyType
  keyRef: string
}

/** A key that the DID document does not show yet. Time: ISO 8601, UTC. */
export interface PendingKey {
  type: KeyType
  keyRef: string
  createdAt: string
}

/** A DID as the node's records have it. Times: ISO 8601, UTC. */
export interface StoredDid {
  did: string
  method: string
  name: string | null
  state: 'pending' | 'active' | 'deactivated'
  origin: 'created' | 'imported' | 'node'
  tenantId: string
  /** Where the node holds the controller key. */
  controllerKeyRef: string | null
  /** Of the transaction that made it, known from its signing on. */
  transactionHash: string | null
  createdAt: string
  /** Active keys, the oldest first. */
  keys: readonly DidKey[]
  pendingKeys: readonly PendingKey[]
}

/** Rows of DIDs with the keys that are active or pending; none of one that waits for its owner, which may be another's. */
export async function withKeys(database: Database, rows: readonly Row<'dids'>[]): Promise<StoredDid[]> {
  if (rows.length === 0) return []
  const keys = await database
    .selectFrom('did_keys')
    .selectAll()
    .where(
      'did',
      'in',
      rows.map(({ did }) => did),
    )
    .where('state', 'in', ['active', 'pending'])
    .orderBy('created_at')
    .orderBy('key_ref')
    .execute()
  return rows.map((row) => toStoredDid(row, isWanted(row) ? [] : keys.filter(({ did }) => did === row.did)))
}

const isWanted = ({ state, origin }: Row<'dids'>) => state === 'pending' && origin === 'imported'

function toStoredDid(row: Row<'dids'>, keys: readonly Row<'did_keys'>[]): StoredDid {
  const active = keys.filter(({ state }) => state === 'active')
  const pending = keys.filter(({ state }) => state === 'pending')
  return {
    did: row.did,
    method: row.method,
    name: row.name,
    state: row.state,
    origin: row.origin,
    tenantId: row.tenant_id,
    controllerKeyRef: row.controller_key_ref,
    transactionHash: row.transaction_hash,
    createdAt: row.created_at,
    keys: active.map((key) => ({
      verificationMethod: key.verification_method,
      type: key.type as KeyType,
      keyRef: key.key_ref,
    })),
    pendingKeys: pending.map((key) => ({
      type: key.type as KeyType,
      keyRef: key.key_ref,
      createdAt: key.created_at,
    })),
  }
}

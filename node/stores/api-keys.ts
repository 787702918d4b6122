import type { Database } from './database.ts'
import { appendEvent } from './events.ts'
import { boundless } from './room.ts'
import type { NewRow, Row } from './tables.ts'

/** An API key as it is kept: everything but the key. */
export interface ApiKey {
  id: string
  name: string
  /** SHA-256 of the key, hex. */
  hash: string
  scopes: readonly string[]
  /** The issuer DIDs it may act for; `*` means any. */
  issuers: '*' | readonly string[]
  tenantId: string
  /** ISO 8601, UTC. */
  createdAt: string
}

export interface ApiKeyStore {
  /** Revoked keys of the tenant are forgotten. `also` is written in the same transaction. @throws QUOTA_EXCEEDED */
  insert(key: ApiKey & { event?: NewRow<'events'> }, also?: (trx: Database) => Promise<void>): Promise<void>
  /** A key that has not been revoked. */
  findByHash(hash: string): Promise<ApiKey | undefined>
  find(id: string): Promise<ApiKey | undefined>
  /** Keys of a tenant that have not been revoked, newest first. */
  list(tenantId: string): Promise<readonly ApiKey[]>
  /** False when there is no such key, or it has been revoked already. */
  revoke(id: string, at: string, event?: NewRow<'events'>): Promise<boolean>
}

/** Questions to the table of API keys. */
export function createApiKeyStore(database: Database, room = boundless): ApiKeyStore {
  const valid = () => database.selectFrom('api_keys').selectAll().where('revoked_at', 'is', null)
  return {
    async insert(key, also) {
      const row = {
        id: key.id,
        name: key.name,
        key_hash: key.hash,
        scopes: JSON.stringify(key.scopes),
        issuer_dids: key.issuers === '*' ? null : JSON.stringify(key.issuers),
        tenant_id: key.tenantId,
        created_at: key.createdAt,
        last_used_at: null,
        revoked_at: null,
      }
      await database.transaction().execute(async (trx) => {
        await trx
          .deleteFrom('api_keys')
          .where('tenant_id', '=', key.tenantId)
          .where('revoked_at', 'is not', null)
          .execute()
        await trx.insertInto('api_keys').values(row).execute()
        await room(trx, 'apiKeys', key.tenantId)
        if (key.event) await appendEvent(trx, key.event)
        await also?.(trx)
      })
    },
    async findByHash(hash) {
      return toApiKey(await valid().where('key_hash', '=', hash).executeTakeFirst())
    },
    async find(id) {
      return toApiKey(await valid().where('id', '=', id).executeTakeFirst())
    },
    async list(tenantId) {
      const rows = await valid()
        .where('tenant_id', '=', tenantId)
        .orderBy('created_at', 'desc')
        .orderBy('id')
        .execute()
      return rows.map((row) => toApiKey(row) as ApiKey)
    },
    async revoke(id, at, event) {
      return database.transaction().execute(async (trx) => {
        const { numUpdatedRows } = await trx
          .updateTable('api_keys')
          .set({ revoked_at: at })
          .where('id', '=', id)
          .where('revoked_at', 'is', null)
          .executeTakeFirst()
        if (numUpdatedRows === 0n) return false
        if (event) await appendEvent(trx, event)
        return true
      })
    },
  }
}

function toApiKey(row: Row<'api_keys'> | undefined): ApiKey | undefined {
  if (!row) return undefined
  return {
    id: row.id,
    name: row.name,
    hash: row.key_hash,
    scopes: JSON.parse(row.scopes),
    issuers: row.issuer_dids === null ? '*' : JSON.parse(row.issuer_dids),
    tenantId: row.tenant_id,
    createdAt: row.created_at,
  }
}

import type { Database } from './database.ts'
import { boundless } from './room.ts'
import type { Row } from './tables.ts'

/** Questions to the table of link secrets. */
export type LinkSecretStore = ReturnType<typeof createLinkSecretStore>

export function createLinkSecretStore(database: Database, room = boundless) {
  const ofTenant = (tenantId: string) =>
    database.selectFrom('link_secrets').selectAll().where('tenant_id', '=', tenantId)
  return {
    /** Keeps one, unless there is one of that name; false then. `also` is written in the same transaction. @throws QUOTA_EXCEEDED */
    async insert(secret: Row<'link_secrets'>, also?: (trx: Database) => Promise<void>): Promise<boolean> {
      return database.transaction().execute(async (trx) => {
        const inserted = await trx
          .insertInto('link_secrets')
          .values(secret)
          .onConflict((conflict) => conflict.columns(['tenant_id', 'name']).doNothing())
          .returning('name')
          .execute()
        if (inserted.length === 0) return false
        await room(trx, 'linkSecrets', secret.tenant_id)
        await also?.(trx)
        return true
      })
    },

    async get(tenantId: string, name: string): Promise<Row<'link_secrets'> | undefined> {
      return ofTenant(tenantId).where('name', '=', name).executeTakeFirst()
    },

    /** Names with the times when they were made, the oldest first. */
    async list(tenantId: string): Promise<{ name: string; createdAt: string }[]> {
      const rows = await ofTenant(tenantId).orderBy('created_at').orderBy('name').execute()
      return rows.map(({ name, created_at }) => ({ name, createdAt: created_at }))
    },
  }
}

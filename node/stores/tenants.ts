import { IssuerError } from '../errors.ts'
import { type Database, isUniqueViolation } from './database.ts'
import type { Row } from './tables.ts'

/** A tenant; a limit that is null is that of the node. Time: ISO 8601, UTC. */
export interface Tenant {
  tenantId: string
  name: string
  state: 'active' | 'suspended'
  /** Most DIDs. */
  didQuota: number | null
  /** Most credentials in one day of UTC. */
  dailyCredentials: number | null
  /** Requests a minute, of all its API keys together. */
  rateLimit: number | null
  createdAt: string
}

type TenantChange = Partial<Omit<Tenant, 'tenantId' | 'createdAt'>>

export type TenantStore = ReturnType<typeof createTenantStore>

/** Questions to the table of tenants. */
export function createTenantStore(database: Database) {
  return {
    /** `also` is written in the same transaction. @throws TENANT_ALREADY_EXISTS */
    async insert(tenant: Tenant, also?: (trx: Database) => Promise<void>): Promise<void> {
      try {
        await database.transaction().execute(async (trx) => {
          await trx.insertInto('tenants').values(toRow(tenant)).execute()
          await also?.(trx)
        })
      } catch (error) {
        if (!isUniqueViolation(error)) throw error
        throw new IssuerError('TENANT_ALREADY_EXISTS', {
          facts: { tenantId: tenant.tenantId },
          cause: error,
        })
      }
    },

    async get(tenantId: string): Promise<Tenant | undefined> {
      const row = await database
        .selectFrom('tenants')
        .selectAll()
        .where('tenant_id', '=', tenantId)
        .executeTakeFirst()
      return row && toTenant(row)
    },

    async list(): Promise<Tenant[]> {
      const rows = await database.selectFrom('tenants').selectAll().orderBy('tenant_id').execute()
      return rows.map(toTenant)
    },

    /** Credentials counted for a day (2026-01-31, UTC). */
    async issuedOn(tenantId: string, day: string): Promise<number> {
      const row = await database
        .selectFrom('tenant_usage')
        .select('credentials')
        .where('tenant_id', '=', tenantId)
        .where('day', '=', day)
        .executeTakeFirst()
      return row?.credentials ?? 0
    },

    async update(tenantId: string, change: TenantChange): Promise<void> {
      const known = await this.get(tenantId)
      if (!known) return
      const { tenant_id: _, created_at: __, ...columns } = toRow({ ...known, ...change })
      await database.updateTable('tenants').set(columns).where('tenant_id', '=', tenantId).execute()
    },
  }
}

/** What a tenant may issue, as it stands in a transaction; undefined for one that is not recorded. */
export async function issuanceLimits(
  trx: Database,
  tenantId: string,
): Promise<Pick<Tenant, 'state' | 'dailyCredentials'> | undefined> {
  const row = await trx
    .selectFrom('tenants')
    .select(['state', 'daily_credentials'])
    .where('tenant_id', '=', tenantId)
    .executeTakeFirst()
  return row && { state: row.state, dailyCredentials: row.daily_credentials }
}

/**
 * Counts credentials of a tenant, in the transaction that writes them; false when they exceed what the tenant may issue
 * in that day.
 */
export async function countCredentials(
  trx: Database,
  usage: { tenantId: string; day: string; count: number; limit: number },
): Promise<boolean> {
  const { tenantId: tenant_id, day, count, limit } = usage
  const counted = await trx
    .insertInto('tenant_usage')
    .values({ tenant_id, day, credentials: count })
    .onConflict((conflict) =>
      conflict
        .columns(['tenant_id', 'day'])
        .doUpdateSet((eb) => ({ credentials: eb('tenant_usage.credentials', '+', count) })),
    )
    .returning('credentials')
    .executeTakeFirstOrThrow()
  return counted.credentials <= limit
}

const toRow = (tenant: Tenant): Row<'tenants'> => ({
  tenant_id: tenant.tenantId,
  name: tenant.name,
  state: tenant.state,
  did_quota: tenant.didQuota,
  daily_credentials: tenant.dailyCredentials,
  rate_limit: tenant.rateLimit,
  created_at: tenant.createdAt,
})

const toTenant = (row: Row<'tenants'>): Tenant => ({
  tenantId: row.tenant_id,
  name: row.name,
  state: row.state,
  didQuota: row.did_quota,
  dailyCredentials: row.daily_credentials,
  rateLimit: row.rate_limit,
  createdAt: row.created_at,
})

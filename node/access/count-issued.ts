import { IssuerError } from '../errors.ts'
import { defaultTenant, requestContext } from '../request-context.ts'
import type { Database } from '../stores/database.ts'
import type { countCredentials, issuanceLimits } from '../stores/tenants.ts'

interface Deps {
  issuanceLimits: typeof issuanceLimits
  countCredentials: typeof countCredentials
  now(): Date
}

/**
 * Counts credentials of whoever has them issued, in the transaction that records them, and asks nothing outside it:
 * with SQLite that would wait for the transaction itself. The default tenant, which is not recorded, costs nothing.
 * @throws TENANT_SUSPENDED, CREDENTIAL_QUOTA_EXCEEDED: the transaction must be given up
 */
export async function countIssued(deps: Deps, trx: Database, count: number): Promise<void> {
  const { tenantId } = requestContext()
  if (tenantId === defaultTenant) return
  const { state, dailyCredentials: limit } = (await deps.issuanceLimits(trx, tenantId)) ?? {}
  // no key of it is taken, but what it ordered before is issued by jobs
  if (state === 'suspended') throw new IssuerError('TENANT_SUSPENDED')
  if (limit == null) return
  const now = deps.now()
  const day = now.toISOString().slice(0, 10)
  if (await deps.countCredentials(trx, { tenantId, day, count, limit })) return
  const tomorrow = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1)
  throw new IssuerError('CREDENTIAL_QUOTA_EXCEEDED', {
    facts: { limit },
    retryAfter: Math.ceil((tomorrow - now.getTime()) / 1_000),
  })
}

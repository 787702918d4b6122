import { IssuerError } from '../errors.ts'
import { requestContext } from '../request-context.ts'
import type { Database } from '../stores/database.ts'
import type { countCredentials } from '../stores/tenants.ts'
import type { Tenants } from './tenants.ts'

interface Deps {
  tenants: Pick<Tenants, 'get'>
  countCredentials: typeof countCredentials
  now(): Date
}

/**
 * Counts credentials of whoever has them issued, in the transaction that records them: those of a tenant without a limit
 * cost nothing.
 * @throws CREDENTIAL_QUOTA_EXCEEDED: the transaction must be given up
 */
export async function countIssued(deps: Deps, trx: Database, count: number): Promise<void> {
  const { tenantId } = requestContext()
  const limit = (await deps.tenants.get(tenantId))?.dailyCredentials ?? null
  if (limit === null) return
  const now = deps.now()
  const day = now.toISOString().slice(0, 10)
  if (await deps.countCredentials(trx, { tenantId, day, count, limit })) return
  const tomorrow = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1)
  throw new IssuerError('CREDENTIAL_QUOTA_EXCEEDED', {
    facts: { limit },
    retryAfter: Math.ceil((tomorrow - now.getTime()) / 1_000),
  })
}

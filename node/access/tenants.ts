import { BoundedCache } from '../bounded-cache.ts'
import { IssuerError } from '../errors.ts'
import { defaultTenant, presentAct } from '../request-context.ts'
import type { DidStore } from '../stores/dids.ts'
import type { Tenant, TenantStore } from '../stores/tenants.ts'
import type { Caller } from './caller.ts'

/** How long a process goes by what it knows of a tenant: a suspension made in another one holds after that. */
const FRESH_MS = 2_000
const MOST_KNOWN = 10_000

type Limits = Pick<Tenant, 'didQuota' | 'dailyCredentials' | 'rateLimit'>

/** Makes, shows and changes tenants, for whoever runs the node. */
export interface TenantAdministration {
  /** @throws TENANT_ALREADY_EXISTS */
  create(input: { tenantId: string; name: string } & Partial<Limits>): Promise<Tenant>
  list(): Promise<readonly Tenant[]>
  /** With what it uses of its limits. @throws TENANT_NOT_FOUND */
  require(tenantId: string): Promise<Tenant & { dids: number; credentialsToday: number }>
  /** A limit that is null is that of the node again. @throws TENANT_NOT_FOUND */
  update(
    tenantId: string,
    change: Partial<Limits & Pick<Tenant, 'name' | 'state'>>,
  ): Promise<Tenant & { dids: number; credentialsToday: number }>
}

/** Tenants as the rest of the node asks for them. */
export interface Tenants {
  /** Undefined for the default tenant, which has the limits of the node. */
  get(tenantId: string): Promise<Tenant | undefined>
  administration: TenantAdministration
}

/** Whoever runs the node, by a key of the default tenant that is bound to no issuers. */
export function isOperator(caller: Caller): boolean {
  return (
    caller.tenantId === defaultTenant && caller.issuers === '*' && caller.scopes.includes('tenants:admin')
  )
}

export function createTenants(deps: {
  tenants: TenantStore
  dids: Pick<DidStore, 'count'>
  now(): Date
}): Tenants {
  const known = new BoundedCache<string, Promise<Tenant | undefined>>(MOST_KNOWN, FRESH_MS)
  const get = (tenantId: string): Promise<Tenant | undefined> => {
    if (tenantId === defaultTenant) return Promise.resolve(undefined)
    const fresh = known.get(tenantId)
    if (fresh) return fresh
    const asked = deps.tenants.get(tenantId)
    // kept from now on alone: whoever asks again and again must not make an answer last
    known.set(tenantId, asked)
    asked.catch(() => known.delete(tenantId))
    return asked
  }
  const requireTenant = async (tenantId: string) => {
    const tenant = await deps.tenants.get(tenantId)
    if (!tenant) throw new IssuerError('TENANT_NOT_FOUND', { facts: { tenantId } })
    const day = deps.now().toISOString().slice(0, 10)
    return {
      ...tenant,
      dids: await deps.dids.count(tenantId),
      credentialsToday: await deps.tenants.issuedOn(tenantId, day),
    }
  }
  return {
    get,
    administration: {
      async create({ tenantId, name, didQuota, dailyCredentials, rateLimit }) {
        const act = presentAct<Tenant>('make a tenant')
        if (act?.outcome) return act.outcome
        const tenant: Tenant = {
          ...{ tenantId, name, state: 'active' },
          didQuota: didQuota ?? null,
          dailyCredentials: dailyCredentials ?? null,
          rateLimit: rateLimit ?? null,
          createdAt: deps.now().toISOString(),
        }
        await deps.tenants.insert(tenant, act && ((trx) => act.note(tenant, trx)))
        return tenant
      },
      list: () => deps.tenants.list(),
      require: requireTenant,
      async update(tenantId, change) {
        await deps.tenants.update(tenantId, change)
        known.delete(tenantId)
        return requireTenant(tenantId)
      },
    },
  }
}

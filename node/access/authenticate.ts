import { IssuerError } from '../errors.ts'
import { defaultTenant } from '../request-context.ts'
import { equalHashes, hashToken } from '../secret-token.ts'
import type { ApiKeyStore } from '../stores/api-keys.ts'
import { type Caller, type Scope, scopes } from './caller.ts'
import type { Tenants } from './tenants.ts'

/** Longer than any key: what is longer is not looked at. */
const maxLength = 256

/** What authentication stands on. */
export interface AuthenticationDeps {
  adminKeyHash: string
  apiKeys: Pick<ApiKeyStore, 'findByHash'>
  tenants: Pick<Tenants, 'get'>
  /** What whoever scrapes metrics may show instead of an API key. */
  metricsToken?: string | undefined
}

/**
 * The caller that an `Authorization: Bearer <key>` header (RFC 6750, 2.1) proves, or undefined.
 * @throws TENANT_SUSPENDED
 */
export async function authenticate(
  deps: AuthenticationDeps,
  header: string | undefined,
): Promise<Caller | undefined> {
  const token = /^Bearer +([\x21-\x7e]+) *$/i.exec(header?.slice(0, maxLength + 16) ?? '')?.[1]
  if (!token || token.length > maxLength) return undefined
  const hash = hashToken(token)
  if (equalHashes(hash, deps.adminKeyHash))
    return { keyId: 'admin', tenantId: defaultTenant, scopes, issuers: '*' }
  if (deps.metricsToken !== undefined && equalHashes(hash, hashToken(deps.metricsToken)))
    return { keyId: 'metrics', tenantId: defaultTenant, scopes: ['metrics:read'], issuers: [] }
  const key = await deps.apiKeys.findByHash(hash)
  if (!key || !equalHashes(hash, key.hash)) return undefined
  const tenant = await deps.tenants.get(key.tenantId)
  if (tenant?.state === 'suspended') throw new IssuerError('TENANT_SUSPENDED')
  return {
    keyId: key.id,
    tenantId: key.tenantId,
    scopes: key.scopes.filter(isScope),
    issuers: key.issuers,
    ...(tenant?.rateLimit != null && { rateLimit: tenant.rateLimit }),
  }
}

function isScope(name: string): name is Scope {
  return (scopes as readonly string[]).includes(name)
}

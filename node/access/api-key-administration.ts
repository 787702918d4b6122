import { randomUUID } from 'node:crypto'
import { IssuerError } from '../errors.ts'
import { eventRow } from '../events/event.ts'
import { defaultTenant, presentAct } from '../request-context.ts'
import { createToken, hashToken } from '../secret-token.ts'
import type { ApiKey, ApiKeyStore } from '../stores/api-keys.ts'
import { actsFor, type Caller, type Scope } from './caller.ts'
import { isOperator, type Tenants } from './tenants.ts'

/** What a new key is to be allowed. */
interface ApiKeyRequest {
  name: string
  scopes: readonly Scope[]
  issuers: '*' | readonly string[]
  /** For which tenant; the caller's own when left out. */
  tenantId?: string | undefined
}

/** Makes, shows and revokes API keys, each within what the caller is allowed itself. */
export interface ApiKeyAdministration {
  /** The key itself is given this once. @throws FORBIDDEN when it would be allowed more than its maker, TENANT_NOT_FOUND */
  create(caller: Caller, input: ApiKeyRequest): Promise<{ key: string; record: ApiKey }>
  list(caller: Caller, question?: { tenantId?: string | undefined }): Promise<readonly ApiKey[]>
  /** @throws API_KEY_NOT_FOUND */
  require(caller: Caller, id: string): Promise<ApiKey>
  /** @throws API_KEY_NOT_FOUND */
  revoke(caller: Caller, id: string): Promise<void>
}

export function administerApiKeys(deps: {
  apiKeys: ApiKeyStore
  tenants: Pick<Tenants, 'get'>
  now(): Date
}): ApiKeyAdministration {
  const requireKey = async (caller: Caller, id: string) => {
    const key = await deps.apiKeys.find(id)
    const isSeen = key && (key.tenantId === caller.tenantId || isOperator(caller))
    if (!isSeen || !covers(caller, key.issuers)) throw new IssuerError('API_KEY_NOT_FOUND')
    return key
  }
  return {
    async create(caller, { name, scopes, issuers, tenantId = caller.tenantId }) {
      checkNoEscalation(caller, { scopes, issuers, tenantId })
      if (tenantId !== defaultTenant && !(await deps.tenants.get(tenantId)))
        throw new IssuerError('TENANT_NOT_FOUND', { facts: { tenantId } })
      const act = presentAct<{ key: string; record: ApiKey }>('make an API key')
      if (act?.outcome) return act.outcome
      const key = createToken('ck_')
      const record: ApiKey = {
        id: randomUUID(),
        name,
        hash: hashToken(key),
        scopes: [...new Set(scopes)],
        issuers: issuers === '*' ? '*' : [...new Set(issuers)],
        tenantId,
        createdAt: deps.now().toISOString(),
      }
      const event = eventRow({
        type: 'api_key.created',
        subject: record.id,
        data: { scopes: [...record.scopes], issuers: issuers === '*' ? '*' : [...record.issuers] },
        at: deps.now(),
        tenantId,
      })
      await deps.apiKeys.insert({ ...record, event }, act && ((trx) => act.note({ key, record }, trx)))
      return { key, record }
    },
    list: async (caller, { tenantId = caller.tenantId } = {}) => {
      checkTenant(caller, tenantId)
      return (await deps.apiKeys.list(tenantId)).filter((key) => covers(caller, key.issuers))
    },
    require: requireKey,
    async revoke(caller, id) {
      const { id: known, tenantId } = await requireKey(caller, id)
      const at = deps.now()
      const event = eventRow({ type: 'api_key.revoked', subject: known, data: {}, at, tenantId })
      if (!(await deps.apiKeys.revoke(known, at.toISOString(), event))) {
        throw new IssuerError('API_KEY_NOT_FOUND')
      }
    },
  }
}

function covers(caller: Caller, issuers: ApiKeyRequest['issuers']): boolean {
  return issuers === '*' ? caller.issuers === '*' : issuers.every((did) => actsFor(caller, did))
}

/** @throws FORBIDDEN */
function checkTenant(caller: Caller, tenantId: string): void {
  if (tenantId === caller.tenantId || isOperator(caller)) return
  throw new IssuerError('FORBIDDEN', {
    detail: 'Only whoever runs the node administers keys of other tenants.',
  })
}

function checkNoEscalation(
  caller: Caller,
  wanted: Pick<ApiKeyRequest, 'scopes' | 'issuers'> & { tenantId: string },
): void {
  checkTenant(caller, wanted.tenantId)
  if (wanted.tenantId !== defaultTenant && wanted.scopes.includes('tenants:admin')) {
    throw new IssuerError('FORBIDDEN', {
      detail: 'Only keys of the default tenant can have the scope tenants:admin.',
    })
  }
  const missing = wanted.scopes.find((scope) => !caller.scopes.includes(scope))
  if (missing) {
    throw new IssuerError('FORBIDDEN', { detail: `This API key cannot give the scope ${missing}.` })
  }
  if (!covers(caller, wanted.issuers)) {
    throw new IssuerError('FORBIDDEN', {
      detail: 'This API key cannot give access to issuer DIDs it is not bound to.',
    })
  }
}

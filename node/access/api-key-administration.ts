import { randomUUID } from 'node:crypto'
import { IssuerError } from '../errors.ts'
import { createToken, hashToken } from '../secret-token.ts'
import type { ApiKey, ApiKeyStore } from '../stores/api-keys.ts'
import { actsFor, type Caller, type Scope } from './caller.ts'

/** What a new key is to be allowed. */
interface ApiKeyRequest {
  name: string
  scopes: readonly Scope[]
  issuers: '*' | readonly string[]
}

/** Makes, shows and revokes API keys, each within what the caller is allowed itself. */
export interface ApiKeyAdministration {
  /** The key itself is given this once. @throws FORBIDDEN when it would be allowed more than its maker */
  create(caller: Caller, input: ApiKeyRequest): Promise<{ key: string; record: ApiKey }>
  list(caller: Caller): Promise<readonly ApiKey[]>
  /** @throws API_KEY_NOT_FOUND */
  require(caller: Caller, id: string): Promise<ApiKey>
  /** @throws API_KEY_NOT_FOUND */
  revoke(caller: Caller, id: string): Promise<void>
}

export function administerApiKeys(deps: { apiKeys: ApiKeyStore; now(): Date }): ApiKeyAdministration {
  const requireKey = async (caller: Caller, id: string) => {
    const key = await deps.apiKeys.find(id)
    if (!key || !covers(caller, key.issuers)) throw new IssuerError('API_KEY_NOT_FOUND')
    return key
  }
  return {
    async create(caller, { name, scopes, issuers }) {
      checkNoEscalation(caller, { scopes, issuers })
      const key = createToken('ck_')
      const record: ApiKey = {
        id: randomUUID(),
        name,
        hash: hashToken(key),
        scopes: [...new Set(scopes)],
        issuers: issuers === '*' ? '*' : [...new Set(issuers)],
        tenantId: caller.tenantId,
        createdAt: deps.now().toISOString(),
      }
      await deps.apiKeys.insert(record)
      return { key, record }
    },
    list: async (caller) => (await deps.apiKeys.list()).filter((key) => covers(caller, key.issuers)),
    require: requireKey,
    async revoke(caller, id) {
      const { id: known } = await requireKey(caller, id)
      if (!(await deps.apiKeys.revoke(known, deps.now().toISOString()))) {
        throw new IssuerError('API_KEY_NOT_FOUND')
      }
    },
  }
}

function covers(caller: Caller, issuers: ApiKeyRequest['issuers']): boolean {
  return issuers === '*' ? caller.issuers === '*' : issuers.every((did) => actsFor(caller, did))
}

function checkNoEscalation(caller: Caller, wanted: Pick<ApiKeyRequest, 'scopes' | 'issuers'>): void {
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

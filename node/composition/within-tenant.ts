import { requestContext } from '../request-context.ts'
import type { CredentialStore } from '../stores/credentials.ts'
import type { DidStore } from '../stores/dids.ts'

const isOwn = (tenantId: string): boolean => tenantId === requestContext().tenantId

/** The records of DIDs as whoever is being answered may see and use them: those of another tenant are not there. */
export function didsWithinTenant(dids: DidStore): DidStore {
  return {
    ...dids,
    get: async (did) => {
      const stored = await dids.get(did)
      return stored && isOwn(stored.tenantId) ? stored : undefined
    },
    insertPending: (input) => dids.insertPending({ ...input, tenantId: requestContext().tenantId }),
  }
}

/** The credentials that whoever is being answered may see and use. */
export function credentialsWithinTenant(
  credentials: CredentialStore,
): Pick<CredentialStore, 'get' | 'erase'> {
  return {
    get: async (credentialId) => {
      const row = await credentials.get(credentialId)
      return row && isOwn(row.tenant_id) ? row : undefined
    },
    erase: credentials.erase,
  }
}

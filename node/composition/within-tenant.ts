import type { StatusChanger } from '../issuance/change-status.ts'
import { namedCredentialId } from '../issuance/credential-id.ts'
import { defaultTenant, requestContext } from '../request-context.ts'
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

/** The credentials that whoever is being answered may see and use, by their ids or by the names it gave them. */
export function credentialsWithinTenant(
  credentials: CredentialStore,
): Pick<CredentialStore, 'get' | 'erase'> {
  return {
    get: async (credentialId) => {
      for (const id of idsOf(credentialId)) {
        const row = await credentials.get(id)
        if (row && isOwn(row.tenant_id)) return row
      }
      return undefined
    },
    erase: credentials.erase,
  }
}

/** The ids of records that an id may stand for. */
function idsOf(credentialId: string): string[] {
  return [...new Set([credentialId, namedCredentialId(credentialId, requestContext().tenantId)])]
}

/** The id of the record that an id or name stands for; what stands for none stays as it is. */
export async function idWithinTenant(
  own: Pick<CredentialStore, 'get'>,
  credentialId: string,
): Promise<string> {
  if (requestContext().tenantId === defaultTenant) return credentialId
  return (await own.get(credentialId))?.credential_id ?? credentialId
}

/**
 * Changes the status of credentials by their ids or by the names that whoever is being answered gave them, and speaks of
 * them as it does.
 */
export function changeNamed(
  credentials: Pick<CredentialStore, 'getMany'>,
  change: StatusChanger['change'],
): StatusChanger['change'] {
  return async (asked) => {
    const { tenantId } = requestContext()
    if (tenantId === defaultTenant) return change(asked)
    const ids = asked.credentialIds.flatMap(idsOf)
    const own = new Set<string>()
    for (const row of await credentials.getMany([...new Set(ids)]))
      if (isOwn(row.tenant_id)) own.add(row.credential_id)
    const names = new Map<string, string>()
    for (const name of asked.credentialIds) {
      const id = idsOf(name).find((one) => own.has(one)) ?? name
      names.set(id, names.get(id) ?? name)
    }
    const nameOf = (id: string) => names.get(id) ?? id
    const outcome = await change({ ...asked, credentialIds: [...names.keys()] })
    return {
      ...outcome,
      credentialIds: outcome.credentialIds.map(nameOf),
      refused: outcome.refused.map((one) => ({ ...one, credentialId: nameOf(one.credentialId) })),
    }
  }
}

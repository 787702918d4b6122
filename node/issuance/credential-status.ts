import { IssuerError } from '../errors.ts'
import type { Hex, Ledger } from '../ledger/ledger.ts'
import type { CredentialStore } from '../stores/credentials.ts'
import type { StatusListStore } from '../stores/status-lists.ts'

/** Status of a credential, as the ledger has it at `checkedAt` (ISO 8601, UTC). */
export interface CredentialStatus {
  credentialId: string
  status: 'valid' | 'revoked' | 'suspended'
  revoked: boolean
  suspended: boolean
  statusListId: string | null
  statusListIndex: number | null
  checkedAt: string
}

interface Deps {
  ledger: Pick<Ledger, 'statusLists'>
  credentials: Pick<CredentialStore, 'get'>
  statusLists: Pick<StatusListStore, 'get'>
  now(): Date
}

/** Reads the status of a credential of this node from the ledger. @throws CREDENTIAL_NOT_FOUND, CHAIN_UNREACHABLE */
export async function credentialStatus(deps: Deps, credentialId: string): Promise<CredentialStatus> {
  const row = await deps.credentials.get(credentialId)
  if (!row) throw new IssuerError('CREDENTIAL_NOT_FOUND', { facts: { credentialId } })
  const { status_index: index } = row
  const bit = async (statusListId: string | null) => {
    const list = statusListId === null ? undefined : await deps.statusLists.get(statusListId)
    return list !== undefined && index !== null && deps.ledger.statusLists.statusOf(list.key as Hex, index)
  }
  const [revoked, suspended] = await Promise.all([bit(row.revocation_list_id), bit(row.suspension_list_id)])
  return {
    credentialId,
    status: revoked ? 'revoked' : suspended ? 'suspended' : 'valid',
    revoked,
    suspended,
    statusListId: row.status_list_id,
    statusListIndex: index,
    checkedAt: deps.now().toISOString(),
  }
}

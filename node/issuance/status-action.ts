import { IssuerError } from '../errors.ts'
import type { StatusPurpose } from '../ledger/ledger.ts'
import type { CredentialRow } from '../stores/credentials.ts'
import type { StatusAction } from './issuance.ts'

/** What an action does to a credential. */
interface ActionRule {
  purpose: StatusPurpose
  /** Value of the bit. */
  value: boolean
  status: CredentialRow['status']
}

export const actionRules: Readonly<Record<StatusAction, ActionRule>> = {
  revoke: { purpose: 'revocation', value: true, status: 'revoked' },
  suspend: { purpose: 'suspension', value: true, status: 'suspended' },
  reinstate: { purpose: 'suspension', value: false, status: 'valid' },
}

type StatusFacts = Pick<CredentialRow, 'revocation_list_id' | 'suspension_list_id' | 'status_index'>

/** Where the bit stands that an action changes; undefined when the credential has no such entry. */
export function entryFor(
  action: StatusAction,
  row: StatusFacts,
): { statusListId: string; index: number } | undefined {
  const { purpose } = actionRules[action]
  const statusListId = purpose === 'revocation' ? row.revocation_list_id : row.suspension_list_id
  if (statusListId === null || row.status_index === null) return undefined
  return { statusListId, index: row.status_index }
}

/**
 * Whether an action is possible for a credential as it stands, and where its bit is.
 * @throws CREDENTIAL_NOT_REVOCABLE, ALREADY_REVOKED, ALREADY_SUSPENDED, NOT_SUSPENDED
 */
export function requireEntry(
  action: StatusAction,
  row: StatusFacts & Pick<CredentialRow, 'credential_id' | 'status'>,
): { statusListId: string; index: number } {
  const facts = { credentialId: row.credential_id }
  const entry = entryFor(action, row)
  if (row.status === 'revoked') throw new IssuerError('ALREADY_REVOKED', { facts })
  if (!entry) throw new IssuerError('CREDENTIAL_NOT_REVOCABLE', { facts })
  if (action === 'suspend' && row.status === 'suspended')
    throw new IssuerError('ALREADY_SUSPENDED', { facts })
  if (action === 'reinstate' && row.status !== 'suspended') throw new IssuerError('NOT_SUSPENDED', { facts })
  return entry
}

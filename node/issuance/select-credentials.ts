import { IssuerError } from '../errors.ts'
import type { CredentialRow, CredentialStore } from '../stores/credentials.ts'
import type { StatusAction, StatusChange } from './issuance.ts'
import { requireEntry } from './status-action.ts'

interface Deps {
  credentials: Pick<CredentialStore, 'getMany'>
}

/** A credential whose status cannot be changed, and why. */
export interface RefusedChange {
  credentialId: string
  error: IssuerError
}

/**
 * The rows of credentials whose status somebody may change; what another tenant issued is not there. Where each counts
 * for itself, those that cannot be had are told apart.
 * @throws CREDENTIAL_NOT_FOUND, NOT_ISSUER_OF_CREDENTIAL, for the first of them where it is all or none
 */
export async function selectCredentials(
  { credentials }: Deps,
  { credentialIds, actingFor, partial = false }: Omit<StatusChange, 'action'>,
  tenantId?: string,
): Promise<{ rows: CredentialRow[]; refused: RefusedChange[] }> {
  const found = new Map<string, CredentialRow>()
  for (const row of await credentials.getMany(credentialIds))
    if (tenantId === undefined || row.tenant_id === tenantId) found.set(row.credential_id, row)
  const rows: CredentialRow[] = []
  const refused: RefusedChange[] = []
  for (const credentialId of credentialIds) {
    const row = found.get(credentialId)
    const mayAct = row && (!actingFor || actingFor.includes(row.issuer_did))
    const code = row ? 'NOT_ISSUER_OF_CREDENTIAL' : 'CREDENTIAL_NOT_FOUND'
    if (row && mayAct) rows.push(row)
    else refused.push({ credentialId, error: new IssuerError(code, { facts: { credentialId } }) })
  }
  // a credential that is not there is told before one that belongs to somebody else
  const first = refused.find(({ error }) => error.code === 'CREDENTIAL_NOT_FOUND') ?? refused[0]
  if (first && !partial) throw first.error
  return { rows, refused }
}

/**
 * Where the bits of some credentials are that an action changes.
 * @throws CREDENTIAL_NOT_REVOCABLE, ALREADY_REVOKED, ALREADY_SUSPENDED, NOT_SUSPENDED, where it is all or none
 */
export function selectEntries(
  action: StatusAction,
  rows: readonly CredentialRow[],
  partial: boolean,
): { rows: CredentialRow[]; entries: { statusListId: string; index: number }[]; refused: RefusedChange[] } {
  const selected: CredentialRow[] = []
  const entries: { statusListId: string; index: number }[] = []
  const refused: RefusedChange[] = []
  for (const row of rows) {
    try {
      entries.push(requireEntry(action, row))
      selected.push(row)
    } catch (error) {
      if (!partial || !(error instanceof IssuerError)) throw error
      refused.push({ credentialId: row.credential_id, error })
    }
  }
  return { rows: selected, entries, refused }
}

import type { AnonCredsCredential } from '../anoncreds/credential.ts'
import type { StorableCredential } from '../anoncreds/roles.ts'
import { IssuerError } from '../errors.ts'
import { eventRow } from '../events/event.ts'
import type { NewRow } from '../stores/tables.ts'
import type { WalletCredentialRow, WalletQuestion } from '../stores/wallet-credentials.ts'
import { createPause } from '../time-slice.ts'
import type { WalletDeps } from './wallet.ts'

/** A credential that the node holds, without its signature. Time: ISO 8601, UTC. */
export interface HeldCredential {
  credentialId: string
  schemaId: string
  credDefId: string
  issuerId: string
  linkSecretName: string
  /** Raw values by attribute name. */
  values: Record<string, string>
  storedAt: string
}

const bindingOf = (credentialId: string): string => `wallet credential ${credentialId}`

/** The credential as it is stored: what it says is personal, so it lies encrypted. */
export function sealCredential(
  { secrets }: Pick<WalletDeps, 'secrets'>,
  credentialId: string,
  credential: AnonCredsCredential,
): string {
  return secrets.seal(new TextEncoder().encode(JSON.stringify(credential)), bindingOf(credentialId))
}

/** @throws KEY_STORE_UNAVAILABLE */
export function openSealed(
  { secrets }: Pick<WalletDeps, 'secrets'>,
  row: Pick<WalletCredentialRow, 'credential_id' | 'sealed'>,
): AnonCredsCredential {
  return JSON.parse(new TextDecoder().decode(secrets.open(row.sealed, bindingOf(row.credential_id))))
}

/** What a row says; an opened credential is read once. */
export function viewHeld(row: WalletCredentialRow, { values }: AnonCredsCredential): HeldCredential {
  return {
    credentialId: row.credential_id,
    schemaId: row.schema_id,
    credDefId: row.cred_def_id,
    issuerId: row.issuer_id,
    linkSecretName: row.link_secret_name,
    values: Object.fromEntries(Object.entries(values).map(([name, { raw }]) => [name, raw])),
    storedAt: row.stored_at,
  }
}

export const rowOf = (credential: StorableCredential): NewRow<'wallet_credentials'> => ({
  credential_id: credential.credentialId,
  tenant_id: credential.tenantId,
  schema_id: credential.schemaId,
  cred_def_id: credential.credDefId,
  issuer_id: credential.issuerId,
  link_secret_name: credential.linkSecretName,
  sealed: credential.sealed,
  stored_at: credential.storedAt,
})

type Deps = Pick<WalletDeps, 'credentials' | 'secrets' | 'now'>

/** @throws MALFORMED_REQUEST for a cursor that is none */
export async function listHeld(
  deps: Deps,
  question: WalletQuestion & { limit: number; cursor?: string | undefined },
): Promise<{ items: HeldCredential[]; nextCursor: string | null }> {
  const { items, nextCursor } = await deps.credentials.list(question)
  const pause = createPause()
  const held: HeldCredential[] = []
  for (const row of items) {
    await pause()
    held.push(viewHeld(row, openSealed(deps, row)))
  }
  return { items: held, nextCursor }
}

interface Asked {
  tenantId: string
  credentialId: string
}

/** @throws CREDENTIAL_NOT_FOUND, also when it is another tenant's */
export async function requireHeld(deps: Deps, { tenantId, credentialId }: Asked): Promise<HeldCredential> {
  const row = await deps.credentials.get(tenantId, credentialId)
  if (!row) throw new IssuerError('CREDENTIAL_NOT_FOUND', { facts: { credentialId } })
  return viewHeld(row, openSealed(deps, row))
}

/** Forgets a credential for ever. @throws CREDENTIAL_NOT_FOUND, also when it is another tenant's */
export async function forgetHeld(deps: Deps, { tenantId, credentialId }: Asked): Promise<void> {
  const event = eventRow({
    ...{ type: 'wallet.credential_deleted', subject: credentialId, data: {}, at: deps.now(), tenantId },
  })
  if (!(await deps.credentials.delete(tenantId, credentialId, event)))
    throw new IssuerError('CREDENTIAL_NOT_FOUND', { facts: { credentialId } })
}

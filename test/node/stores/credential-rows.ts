import { randomUUID } from 'node:crypto'
import type { CredentialTerms } from '../../../node/stores/credential-terms.ts'
import type { NewCredentialRow } from '../../../node/stores/credentials.ts'
import type { Database } from '../../../node/stores/database.ts'
import { createStatusListStore } from '../../../node/stores/status-lists.ts'

const at = '2026-01-01T00:00:00.000Z'

/** A pair of status lists with room for credentials; `statusListId` is its revocation list. */
export async function insertLists(database: Database, name: string = randomUUID()) {
  const statusListId = `${name}/revocation`
  const pair = {
    pair_id: name,
    issuer_did: `did:x:${name}`,
    number: 1,
    capacity: 131_072,
    secret: 's',
    state: 'open' as const,
    created_at: at,
  }
  const list = { pair_id: name, issuer_did: pair.issuer_did, key: statusListId }
  await createStatusListStore(database).insertPair(pair, [
    { ...list, status_list_id: statusListId, purpose: 'revocation' },
    { ...list, status_list_id: `${name}/suspension`, key: `${name}/suspension`, purpose: 'suspension' },
  ])
  return { pairId: name, statusListId, issuerDid: pair.issuer_did }
}

/** A credential with an entry of a list. */
export function credentialRow(
  lists: { statusListId: string; issuerDid: string },
  index: number,
): NewCredentialRow {
  return {
    terms: credentialTerms({ issuer_did: lists.issuerDid }),
    credential_id: `urn:uuid:${randomUUID()}`,
    type: 'T',
    holder_did: 'did:h:1',
    secured: '{"id":"x"}',
    digest: `0x${String(index).padStart(64, '0')}`,
    issued_at: at,
    expires_at: null,
    status: 'valid',
    entry: { status_list_id: lists.statusListId, status_index: index, status_position: null },
  }
}

/** What credentials have in common: revocable ones of a schema. */
export function credentialTerms(other: Partial<CredentialTerms> = {}): CredentialTerms {
  return {
    ...{ tenant_id: 'default', issuer_did: 'did:x:1', schema_id: 'schema', proof_type: 'p' },
    ...{ data_model: '2.0', format: 'f', verification_method: null, revocable: 1, suspendable: 0 },
    ...other,
  }
}

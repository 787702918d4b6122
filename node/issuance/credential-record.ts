import type { RegisteredCredentialRow } from '../stores/credentials.ts'

/** A credential of the node's own records; times are ISO 8601, UTC. */
export interface CredentialRecord {
  credentialId: string
  issuerDid: string
  holderDid: string
  schemaId: string
  type: string
  proofType: string
  dataModel: string
  issuedAt: string
  expirationDate: string | null
  /** DID URL of the key that signed it; null for one issued before that was kept. */
  verificationMethod: string | null
  /** As the database has it: the ledger is the truth. */
  status: 'valid' | 'revoked' | 'suspended'
  statusListId: string | null
  statusListIndex: number | null
  transactionHash: string | null
  /** `refused`: the ledger did not accept it, such as for an issuer deactivated meanwhile. */
  registration: 'registered' | 'pending' | 'refused' | 'none'
}

/** A row of the database in the words of the API. */
export function credentialRecord(row: RegisteredCredentialRow): CredentialRecord {
  return {
    credentialId: row.credential_id,
    issuerDid: row.issuer_did,
    holderDid: row.holder_did,
    schemaId: row.schema_id,
    type: row.type,
    proofType: row.proof_type,
    dataModel: row.data_model,
    issuedAt: row.issued_at,
    expirationDate: row.expires_at,
    verificationMethod: row.verification_method,
    status: row.status,
    statusListId: row.status_list_id,
    statusListIndex: row.status_index,
    transactionHash: row.transaction_hash,
    registration: registrationOf(row),
  }
}

function registrationOf(row: RegisteredCredentialRow): CredentialRecord['registration'] {
  if (row.status_list_id === null) return 'none'
  const state = row.registration_state ?? 'open'
  return state === 'open' ? 'pending' : state
}

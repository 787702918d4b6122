import type { Generated } from 'kysely'
import type { StatusPurpose } from '../ledger/ledger.ts'

// Types as in tables.ts: what SQLite and PostgreSQL share.
type Time = string

/**
 * A revocation list and a suspension list of one issuer that share a number and the allocation of indices, so
 * that a credential has the same index in both.
 */
export interface StatusPairsTable {
  pair_id: string
  issuer_did: string
  number: number
  capacity: number
  /** How many entries have been handed out. */
  next: Generated<number>
  /** Secret of the permutation of indices, encrypted. */
  secret: string
  /** `foreign`: the ledger has lists of this number that this node did not open. */
  state: 'opening' | 'open' | 'foreign'
  /** Transactions of which one opened the lists, each known from its signing on, between spaces. */
  transaction_hash: string | null
  created_at: Time
}

/** The lists of a pair. */
export interface StatusListsTable {
  status_list_id: string
  pair_id: string
  /** Key on the ledger, 32 bytes in hex. */
  key: string
  issuer_did: string
  purpose: StatusPurpose
  /** How many entries have been registered on the ledger. */
  registered: Generated<number>
}

/**
 * What credentials that are issued in the same way have in common: nothing that callers word as they like, so that there
 * are few.
 */
export interface CredentialTermsTable {
  /** Made of all that follows (`credential-terms.ts`). */
  terms_id: string
  tenant_id: string
  issuer_did: string
  schema_id: string
  proof_type: string
  data_model: string
  format: string
  /** DID URL of the key that signs; null for what was issued before this was kept. */
  verification_method: string | null
  /** Whether they have an entry in a revocation list, and in a suspension list. */
  revocable: 0 | 1
  suspendable: 0 | 1
}

/** Issued credentials. */
export interface CredentialsTable {
  credential_id: string
  /** That of the terms, once more: for the index by which a tenant's are listed. */
  tenant_id: string
  terms_id: string
  /** The schema's, or that of a document. */
  type: string
  holder_did: string
  /** The credential as it was delivered: JSON text, or a token. */
  secured: string
  /** SHA-256 in the Merkle leaf, hex with 0x. */
  digest: string
  issued_at: Time
  expires_at: Time | null
  status: 'valid' | 'revoked' | 'suspended'
}

/** Recalls of what a key has signed since a time. */
export interface RecallsTable {
  recall_id: string
  tenant_id: string
  actor: string
  issuer_did: string
  verification_method: string
  since: Time
  action: 'revoke' | 'reissue'
  reason: string | null
  state: 'running' | 'done' | 'failed'
  total: number
  done: number
  failed: number
  /** The last credential that was dealt with. */
  after_time: Time | null
  after_id: string | null
  problem: string | null
  created_at: Time
  finished_at: Time | null
}

/** What became of the credentials of a recall. */
export interface RecalledCredentialsTable {
  recall_id: string
  credential_id: string
  outcome: 'revoked' | 'reissued' | 'failed'
  new_credential_id: string | null
  problem: string | null
}

/** Transactions of the group commit; at most one is open, so that counters follow one another. */
export interface AnchorsTable {
  anchor_id: string
  /** 1 while the transaction is not settled, then null: the column is unique. */
  open: 1 | null
  /** Head of the audit log that its roots commit to; null when the log was empty. */
  audit_seq: Generated<number | null>
  audit_hash: Generated<string | null>
  created_at: Time
}

/** Entries of credentials in status lists. */
export interface RegistrationEntriesTable {
  credential_id: string
  /** The list in which it is registered: revocation, or suspension when only that was asked for. */
  status_list_id: string
  /** In both lists of the pair. */
  status_index: number
  /** Of which the index is made: unique in its list, and in the order of issuance; null before this was kept. */
  status_position: number | null
  group_id: string
}

/** Entries of a list that are recorded, and registered, together. */
export interface RegistrationGroupsTable {
  group_id: string
  status_list_id: string
  count: number
  /** Null while its registration is not begun. */
  registration_id: string | null
  /** Null where it was not kept, of groups that are claimed. */
  recorded_at: Time | null
}

/** What one anchor registers in one list. */
export interface RegistrationsTable {
  registration_id: string
  anchor_id: string
  status_list_id: string
  first: number
  count: number
  /** Merkle root over the entries, hex; null until it has been computed. */
  root: string | null
  state: 'open' | 'registered' | 'refused'
  transaction_hash: string | null
  block_number: number | null
  /** Code of the error for which the ledger refused it. */
  reason: string | null
  /** Place of the head of the audit log that its root commits to, and the Merkle path from that head (JSON). */
  audit_seq: Generated<number | null>
  audit_proof: Generated<string | null>
  /** Until when an open one is put aside, since others write to its list; null when it is not. */
  aside_until: Generated<string | null>
}

/** Changes of status of credentials. */
export interface StatusChangesTable {
  id: string
  credential_id: string
  action: 'revoke' | 'suspend' | 'reinstate'
  reason: string | null
  /** The newest transaction for it, known from its signing on. */
  transaction_hash: string | null
  /** Names its transaction, by the reference that it has there. */
  batch: Generated<string | null>
  /** `open`: perhaps on the ledger, which tells; `lost`: it was made, and left the chain: to be made again. */
  state: 'open' | 'done' | 'failed' | 'lost'
  at: Time
}

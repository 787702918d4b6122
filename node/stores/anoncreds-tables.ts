// Types as in tables.ts: what SQLite and PostgreSQL share.
type Flag = 0 | 1
type Time = string

/** AnonCreds schemas that the node registered; the ledger is the truth. */
export interface AnonCredsSchemasTable {
  schema_id: string
  tenant_id: string
  issuer_did: string
  /** JCS text of the schema. */
  content: string
  digest: string
  /** `pending`: its transaction is not mined yet. */
  state: 'pending' | 'registered'
  active: Flag
  transaction_hash: string | null
  created_at: Time
}

/** AnonCreds credential definitions of issuers of the node. */
export interface AnonCredsDefinitionsTable {
  cred_def_id: string
  tenant_id: string
  issuer_did: string
  schema_id: string
  tag: string
  /** `generating`: its key is being made; `made`: key and definition are there, and on their way to the ledger. */
  state: 'generating' | 'made' | 'registered' | 'failed'
  /** Safe primes found so far, of two. */
  primes: number
  /** Its private key in `keys`. */
  key_ref: string | null
  /** JCS text of the definition. */
  content: string | null
  /** JSON, for every offer. */
  key_correctness_proof: string | null
  digest: string | null
  active: Flag
  transaction_hash: string | null
  /** Code of the error for which it failed. */
  reason: string | null
  created_at: Time
}

/** Link secrets of holders, encrypted. */
export interface LinkSecretsTable {
  tenant_id: string
  name: string
  wrapped: string
  created_at: Time
}

/** AnonCreds credentials that the node holds, encrypted. */
export interface WalletCredentialsTable {
  credential_id: string
  tenant_id: string
  schema_id: string
  cred_def_id: string
  issuer_id: string
  link_secret_name: string
  sealed: string
  stored_at: Time
}

/** Presentation requests whose nonce has not come back yet, or has, once. */
export interface PresentationRequestsTable {
  request_id: string
  tenant_id: string
  /** JSON. */
  request: string
  created_at: Time
  expires_at: Time
  used_at: Time | null
}

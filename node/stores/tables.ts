import type { Generated, Insertable, Selectable } from 'kysely'
import type { StatusPurpose } from '../ledger/ledger.ts'
import type {
  ConnectionsTable,
  ExchangesTable,
  ReceivedCredentialsTable,
  ReceivedMessagesTable,
} from './exchange-tables.ts'
import type { RelayersTable, TransactionsTable } from './transaction-tables.ts'
import type { WebhookDeliveriesTable, WebhooksTable } from './webhook-tables.ts'

// Every type is one that SQLite and PostgreSQL share: booleans are 0 or 1, JSON is text, bytes are base64url
// text, times are ISO 8601 text in UTC with milliseconds (so that they sort).
type Flag = 0 | 1
type Time = string

/** Whoever shares the node with others; a limit that is null is that of the node. */
interface TenantsTable {
  tenant_id: string
  name: string
  state: 'active' | 'suspended'
  did_quota: number | null
  daily_credentials: number | null
  rate_limit: number | null
  created_at: Time
}

/** What tenants with a quota have issued, by the day in UTC. */
interface TenantUsageTable {
  tenant_id: string
  /** Of the form 2026-01-31. */
  day: string
  credentials: number
}

/** Each is held by a transaction that adds what is counted, until it ends. */
interface QuotaLocksTable {
  name: string
}

/** Facts about this database as a whole, such as the chain it belongs to. */
interface NodeMetaTable {
  name: string
  value: string
}

/** Private keys, encrypted. */
interface KeysTable {
  key_ref: string
  type: string
  public_key: string
  wrapped: string
  created_at: Time
}

/** DIDs that the node made or took in, its own included. */
interface DidsTable {
  did: string
  method: string
  name: string | null
  /** Key of the controller, where the node holds it. */
  controller_key_ref: string | null
  /** `pending`: its transaction is not mined yet. */
  state: 'pending' | 'active' | 'deactivated'
  origin: 'created' | 'imported' | 'node'
  tenant_id: Generated<string>
  transaction_hash: string | null
  created_at: Time
  updated_at: Time
  deactivated_at: Time | null
}

/** Keys of those DIDs by the verification methods of their DID documents. */
interface DidKeysTable {
  /** Of a pending key, whose id only resolution gives: `pending:<key_ref>`. */
  verification_method: string
  did: string
  type: string
  key_ref: string
  /** `pending`: not seen in the DID document yet. */
  state: 'pending' | 'active' | 'rotated' | 'revoked'
  created_at: Time
  ended_at: Time | null
}

/** Schemas that the node registered; the ledger is the truth. */
interface SchemasTable {
  schema_id: string
  /** Key on the ledger, 32 bytes in hex. */
  key: string
  issuer_did: string
  name: string
  version: string
  type: string
  /** Null: aliases have a table of their own. */
  alias: null
  tenant_id: Generated<string>
  content: string
  digest: string
  restricted: Flag
  active: Flag
  /** `pending`: its transaction is not mined yet. */
  state: 'pending' | 'registered'
  transaction_hash: string | null
  created_at: Time
}

/** Names of schemas, each a tenant's own. */
interface SchemaAliasesTable {
  tenant_id: string
  alias: string
  schema_id: string
}

/** JSON-LD contexts that the node publishes, by the SHA-256 of their bytes in hex. */
interface ContextsTable {
  digest: string
  url: string
  document: string
}

/** URLs that stand for a published context in the credentials of one issuer, for ever. */
interface RegisteredContextsTable {
  issuer_did: string
  url: string
  digest: string
  created_at: Time
}

/**
 * A revocation list and a suspension list of one issuer that share a number and the allocation of indices, so
 * that a credential has the same index in both.
 */
interface StatusPairsTable {
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
interface StatusListsTable {
  status_list_id: string
  pair_id: string
  /** Key on the ledger, 32 bytes in hex. */
  key: string
  issuer_did: string
  purpose: StatusPurpose
  /** How many entries have been registered on the ledger. */
  registered: Generated<number>
}

/** Issued credentials. */
interface CredentialsTable {
  credential_id: string
  tenant_id: Generated<string>
  issuer_did: string
  holder_did: string
  schema_id: string
  type: string
  proof_type: string
  data_model: string
  format: string
  /** The credential as it was delivered: JSON text, or a token. */
  secured: string
  /** SHA-256 in the Merkle leaf, hex with 0x. */
  digest: string
  issued_at: Time
  expires_at: Time | null
  status: 'valid' | 'revoked' | 'suspended'
  /** The list in which it is registered: revocation, or suspension when only that was asked for. */
  status_list_id: string | null
  revocation_list_id: string | null
  suspension_list_id: string | null
  status_index: number | null
  /** Of which the index is made: unique in its list, and in the order of issuance. */
  status_position: number | null
  /** DID URL of the key that signed it; null for what was issued before this was kept. */
  verification_method: string | null
}

/** Recalls of what a key has signed since a time. */
interface RecallsTable {
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
interface RecalledCredentialsTable {
  recall_id: string
  credential_id: string
  outcome: 'revoked' | 'reissued' | 'failed'
  new_credential_id: string | null
  problem: string | null
}

/** Transactions of the group commit; at most one is open, so that counters follow one another. */
interface AnchorsTable {
  anchor_id: string
  /** 1 while the transaction is not settled, then null: the column is unique. */
  open: 1 | null
  /** Head of the audit log that its roots commit to; null when the log was empty. */
  audit_seq: Generated<number | null>
  audit_hash: Generated<string | null>
  created_at: Time
}

/** Credentials with an entry in a list, and what registers them; null while that is not begun. */
interface RegistrationEntriesTable {
  credential_id: string
  status_list_id: string
  registration_id: string | null
}

/** What one anchor registers in one list. */
interface RegistrationsTable {
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
}

/** Changes of status of credentials. */
interface StatusChangesTable {
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

/** What must still happen. */
interface OutboxTable {
  id: string
  job: string
  payload: string
  due_at: Time
  attempts: Generated<number>
  last_error: string | null
  done_at: Time | null
  /** When it was given up; `done_at` is set then, too. */
  dead_at: Generated<Time | null>
}

/** What happened, written in the transaction of the act itself; rows are never changed but for their place in the chain. */
interface EventsTable {
  id: string
  at: Time
  tenant_id: string
  /** Id of the API key; `node` for work of the node's own. */
  actor: string
  request_id: string | null
  type: string
  /** Id of what it happened to. */
  subject: string
  /** JSON object. */
  data: string
  /** Place in the audit log; null until it has one. */
  seq: number | null
  hash: string | null
}

/** How far the audit log has come (`head`), and whoever reads on from where it stopped. */
interface LogPlacesTable {
  name: string
  seq: number
  hash: string
}

/** Which process does what only one may do at a time. */
interface LeasesTable {
  name: string
  holder: string
  until: Time
}

/** Orders to issue credentials to the rows of a file. */
interface BulkJobsTable {
  job_id: string
  tenant_id: string
  /** Id of the API key that gave the order. */
  actor: string
  request_id: string | null
  issuer_did: string
  schema_id: string
  /** JSON: what the credentials have in common. */
  terms: string
  /** JSON: how the rows are written, and what their columns mean. */
  source: string
  /** `receiving`: not all rows have arrived. */
  state: 'receiving' | 'running' | 'paused' | 'cancelled' | 'failed' | 'done'
  /** Rows: all, issued, failed, and issued with a settled registration. */
  total: Generated<number>
  issued: Generated<number>
  failed: Generated<number>
  registered: Generated<number>
  /** Code of the error that ended or paused it. */
  reason: string | null
  detail: string | null
  created_at: Time
  updated_at: Time
  /** When a worker last took a chunk of it: the one that waited longest is next. */
  served_at: Time
  finished_at: Time | null
}

/** Rows of an order that are issued together. */
interface BulkChunksTable {
  job_id: string
  number: number
  /** Number of its first row in the file, from 1 on. */
  first_row: number
  row_count: number
  /** `recorded`: its credentials are; `settled`: the ledger has accepted or refused them. */
  state: Generated<'waiting' | 'recorded' | 'settled'>
  claimed_by: string | null
  claimed_until: Time | null
  attempts: Generated<number>
  issued: Generated<number>
  failed: Generated<number>
  /** One of its credentials, by which to see how far their registration is; null when nothing is registered. */
  credential_id: string | null
  recorded_at: Time | null
  /** JSON array. */
  transaction_hashes: string | null
  /** What became of each row: JSON, compressed; null before it is recorded. */
  outcome: string | null
  /** The rows as they came, once settled the failed ones alone: JSON, compressed. */
  rows: string
}

/** Requests with an Idempotency-Key, by the SHA-256 of tenant, API key and key, in hex. */
interface IdempotencyTable {
  id: string
  tenant_id: string
  /** SHA-256 of the request, hex. */
  fingerprint: string
  /** The process that answers it. */
  holder: string
  /** Until when that process counts as alive; empty: nobody is at it. */
  until: Time
  /** What its acts have done, as sealed JSON; null once it is answered. */
  outcomes: string | null
  /** The answer, sealed. */
  answer: string | null
  /** Length of these texts. */
  size: Generated<number>
  /** JSON: length and SHA-256 of what was read of a body that is a stream; null for others, and before it was read. */
  body: Generated<string | null>
  expires_at: Time
}

/** Requests that were taken from a rate limit, in the window of a minute that began last. */
interface RateCountsTable {
  /** `key <id>` or `tenant <id>`. */
  name: string
  begun_at: Time
  taken: number
}

/** Credential offers by the SHA-256 of their one-time token in hex. */
interface OffersTable {
  token_hash: string
  credential_id: string
  created_at: Time
  expires_at: Time
  used_at: Time | null
}

/** API keys by the SHA-256 of their secret in hex. */
interface ApiKeysTable {
  id: string
  key_hash: string
  name: string
  /** JSON array. */
  scopes: string
  /** JSON array of the issuer DIDs it may act for; null: all. */
  issuer_dids: string | null
  tenant_id: Generated<string>
  created_at: Time
  last_used_at: Time | null
  revoked_at: Time | null
}

/** AnonCreds schemas that the node registered; the ledger is the truth. */
interface AnonCredsSchemasTable {
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
interface AnonCredsDefinitionsTable {
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
interface LinkSecretsTable {
  tenant_id: string
  name: string
  wrapped: string
  created_at: Time
}

/** AnonCreds credentials that the node holds, encrypted. */
interface WalletCredentialsTable {
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
interface PresentationRequestsTable {
  request_id: string
  tenant_id: string
  /** JSON. */
  request: string
  created_at: Time
  expires_at: Time
  used_at: Time | null
}

/** All tables of the database. */
export interface Tables {
  tenants: TenantsTable
  tenant_usage: TenantUsageTable
  quota_locks: QuotaLocksTable
  node_meta: NodeMetaTable
  keys: KeysTable
  dids: DidsTable
  did_keys: DidKeysTable
  schemas: SchemasTable
  schema_aliases: SchemaAliasesTable
  contexts: ContextsTable
  registered_contexts: RegisteredContextsTable
  status_pairs: StatusPairsTable
  status_lists: StatusListsTable
  credentials: CredentialsTable
  recalls: RecallsTable
  recalled_credentials: RecalledCredentialsTable
  anchors: AnchorsTable
  registrations: RegistrationsTable
  registration_entries: RegistrationEntriesTable
  status_changes: StatusChangesTable
  relayers: RelayersTable
  transactions: TransactionsTable
  outbox: OutboxTable
  events: EventsTable
  log_places: LogPlacesTable
  webhooks: WebhooksTable
  webhook_deliveries: WebhookDeliveriesTable
  leases: LeasesTable
  bulk_jobs: BulkJobsTable
  bulk_chunks: BulkChunksTable
  idempotency: IdempotencyTable
  rate_counts: RateCountsTable
  offers: OffersTable
  connections: ConnectionsTable
  exchanges: ExchangesTable
  received_messages: ReceivedMessagesTable
  received_credentials: ReceivedCredentialsTable
  api_keys: ApiKeysTable
  anoncreds_schemas: AnonCredsSchemasTable
  anoncreds_definitions: AnonCredsDefinitionsTable
  link_secrets: LinkSecretsTable
  wallet_credentials: WalletCredentialsTable
  presentation_requests: PresentationRequestsTable
}

/** A row of a table as it is read. */
export type Row<T extends keyof Tables> = Selectable<Tables[T]>
/** A row of a table as it is inserted. */
export type NewRow<T extends keyof Tables> = Insertable<Tables[T]>

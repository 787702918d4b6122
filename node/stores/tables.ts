import type { Generated, Insertable, Selectable } from 'kysely'
import type {
  AnonCredsDefinitionsTable,
  AnonCredsSchemasTable,
  LinkSecretsTable,
  PresentationRequestsTable,
  WalletCredentialsTable,
} from './anoncreds-tables.ts'
import type {
  AnchorsTable,
  CredentialsTable,
  CredentialTermsTable,
  RecalledCredentialsTable,
  RecallsTable,
  RegistrationEntriesTable,
  RegistrationGroupsTable,
  RegistrationsTable,
  StatusChangesTable,
  StatusListsTable,
  StatusPairsTable,
} from './credential-tables.ts'
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
  /** `pending`: its transaction is not mined yet; what waits for its owner is in `did_imports`. */
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

/** DIDs that tenants want to take in, and whose owners have not put all that takes onto the ledger. */
interface DidImportsTable {
  tenant_id: string
  did: string
  name: string | null
  created_at: Time
}

/** The keys made for that, one of a type. */
interface DidImportKeysTable {
  tenant_id: string
  did: string
  type: string
  key_ref: string
  created_at: Time
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

/** What must still happen. */
interface OutboxTable {
  id: string
  job: string
  /** The tenant, where tenants take turns at a job; else empty. */
  lane: Generated<string>
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
  /** When a worker last took a chunk of it: of its tenant the one that waited longest is next. */
  served_at: Time
  finished_at: Time | null
}

/** Tenants in the order in which chunks of theirs were taken; none whose first one waits yet. */
interface BulkTurnsTable {
  tenant_id: string
  /** Higher than that of whoever was served before. */
  turn: number
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

/** All tables of the database. */
export interface Tables {
  tenants: TenantsTable
  tenant_usage: TenantUsageTable
  quota_locks: QuotaLocksTable
  node_meta: NodeMetaTable
  keys: KeysTable
  dids: DidsTable
  did_keys: DidKeysTable
  did_imports: DidImportsTable
  did_import_keys: DidImportKeysTable
  schemas: SchemasTable
  schema_aliases: SchemaAliasesTable
  contexts: ContextsTable
  registered_contexts: RegisteredContextsTable
  status_pairs: StatusPairsTable
  status_lists: StatusListsTable
  credential_terms: CredentialTermsTable
  credentials: CredentialsTable
  recalls: RecallsTable
  recalled_credentials: RecalledCredentialsTable
  anchors: AnchorsTable
  registrations: RegistrationsTable
  registration_entries: RegistrationEntriesTable
  registration_groups: RegistrationGroupsTable
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
  bulk_turns: BulkTurnsTable
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

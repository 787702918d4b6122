import type { Format } from '../formats/format.ts'
import type { Queue } from '../jobs/queue.ts'
import type { JsonObject } from '../json.ts'
import type { KeyStore, KeyType } from '../keys/key-store.ts'
import type { SecretBox } from '../keys/secret-box.ts'
import type { Address, Ledger, StatusPurpose } from '../ledger/ledger.ts'
import type { OpenedSchema } from '../schemas/open-schema.ts'
import type { StatusEncoding } from '../status/status-list.ts'
import type { CredentialStore } from '../stores/credentials.ts'
import type { Database } from '../stores/database.ts'
import type { StatusListStore } from '../stores/status-lists.ts'
import type { ClaimsToken } from '../suites/claims-token.ts'
import type { AssertionKey, DataModel, DocumentLoader, Suite } from '../suites/suite.ts'
import type { AllocateStatus } from './allocate-status.ts'
import type { Anchor } from './anchor.ts'
import type { LedgerFacts } from './ledger-facts.ts'

/** What the node's records say of an issuer of its own. */
export interface IssuerRecord {
  name: string | null
  /** Active assertion keys, the oldest first, by the ids that resolution gives them. */
  keys: readonly { verificationMethod: string; type: KeyType; keyRef: string }[]
}

/** The node's records of issuers. */
export interface IssuerRecords {
  get(did: string): Promise<IssuerRecord | undefined>
}

/** What a delegation is judged by, before it is signed. */
interface DelegationInput {
  credentialId: string
  /** The schema's type. */
  type: string
  issuerDid: string
  holderDid: string
  claims: JsonObject
  validFrom: Date
  validUntil?: Date
}

/** What the pipeline stands on; a step takes the part it uses. */
export interface PipelineDeps {
  ledger: Pick<Ledger, 'identityOf' | 'relayer' | 'statusLists' | 'dids' | 'receipt' | 'outcome'>
  facts: LedgerFacts
  issuers: IssuerRecords
  /** Whether DIDs without ledger issue too; false when left out. */
  offLedgerIssuers?: boolean
  keys: Pick<KeyStore, 'requireSigner'>
  secrets: SecretBox
  suites: readonly Suite[]
  formats: readonly Format[]
  /** Ways to sign what is no credential: status lists as tokens. */
  claimsTokens: readonly ClaimsToken[]
  /** How credentials can carry their status. */
  statusEncodings: readonly StatusEncoding[]
  /** Where this node serves the terms of entries that name the registry. */
  registryTerms: string
  credentials: CredentialStore
  statusLists: StatusListStore
  queue: Pick<Queue, 'notify'>
  anchor: Anchor
  /** Counts what a transaction records against a limit of whoever asked. @throws CREDENTIAL_QUOTA_EXCEEDED */
  countIssued?(trx: Database, count: number): Promise<void>
  allocateStatus: AllocateStatus
  /** A loader of the bundled contexts and those that `extra` gives. */
  documentLoader(source: { extra(url: string): Promise<JsonObject | undefined> }): DocumentLoader
  /** The id that an alias of a schema stands for. */
  schemaIdOf(alias: string): Promise<string | undefined>
  /** How an SD-JWT VC names the type of a schema: where its metadata is served, and their digest. */
  credentialType(schema: OpenedSchema): { vct: string; integrity: string }
  /** A key that a credential can be bound to (JWK), by the DID document of its holder. */
  holderKey(document: JsonObject): JsonObject | undefined
  /** Where a status list is published. */
  statusListUrl(statusListId: string): string
  /** Entries of a new status list: a multiple of 256, at least 131,072. */
  listCapacity: number
  /** @throws DELEGATION_INVALID; does nothing for credentials that delegate nothing */
  checkDelegation?(input: DelegationInput): Promise<void>
  now(): Date
}

/** Everything that the credentials of one request have in common, checked against the ledger. */
export interface CheckedTerms {
  /** `identity` is its address on the ledger; null for a DID without ledger. */
  issuer: { did: string; identity: Address | null; name: string | null }
  key: AssertionKey
  schema: OpenedSchema
  documentLoader: DocumentLoader
  suite: Suite
  format: Format
  dataModel: DataModel
  validFrom: Date
  validUntil?: Date
  /** Purposes of the status entries, the one whose list registers the credential first. */
  purposes: readonly StatusPurpose[]
  statusEncodings: readonly StatusEncoding[]
  mandatoryPointers?: readonly string[]
}

/** What the records keep of a credential's terms; one that names no schema of this ledger has empty names. */
export type RecordedTerms = Pick<
  CheckedTerms,
  'issuer' | 'key' | 'suite' | 'format' | 'dataModel' | 'validUntil' | 'purposes'
> & { schema: Pick<OpenedSchema, 'id' | 'type'> }

/** A status entry handed out: one index in the lists of a pair. */
export interface StatusEntry {
  index: number
  /** The how manieth of the pair it is, which only this node knows: `permute` makes the index of it. */
  position: number
  /** Ids of the lists. */
  lists: Readonly<Record<StatusPurpose, string>>
}

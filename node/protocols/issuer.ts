import type { ApiKeyAdministration } from '../access/api-key-administration.ts'
import type { Offer } from '../delivery/create-offer.ts'
import type {
  BatchOutcome,
  IssuanceTerms,
  IssuedCredential,
  StatusChange,
  StatusChangeOutcome,
  Subject,
} from '../issuance/issuance.ts'
import type { JsonObject } from '../json.ts'
import type { KeyType } from '../keys/key-store.ts'
import type { RegistryAddresses } from '../ledger/ledger.ts'
import type { Secured } from '../suites/suite.ts'
import type { VerificationOutcome } from '../verification/verification.ts'

/** A part of a longer list; `nextCursor` asks for what follows. */
export interface Page<T> {
  items: T[]
  nextCursor: string | null
}

export interface PageRequest {
  limit: number
  cursor?: string | undefined
}

/** Whether one thing that the node stands on answers. */
export interface Dependency {
  status: 'up' | 'down'
  detail?: string
}

export interface Health {
  chain: Dependency
  database: Dependency
  keyStore: Dependency
  relayer: Dependency
}

/** What a verifier needs to know. */
export interface NetworkFacts {
  chainId: number
  rpcUrl: string | null
  registries: RegistryAddresses
  finalityDepth: number
  publicUrl: string
  nodeDid: string | null
  proofTypes: readonly string[]
}

/** A DID as the node knows it. */
export interface DidRecord {
  did: string
  method: string
  name: string | null
  state: 'pending' | 'active' | 'deactivated'
  origin: 'created' | 'imported' | 'node'
  createdAt: string
}

/** A resolved DID. */
export interface DidView {
  did: string
  document: JsonObject
  deactivated: boolean
  name: string | null
  /** Whether this node holds its controller key. */
  controlled: boolean
}

/** A change of a DID document, oldest first in a history. */
export interface DidHistoryEntry {
  time: string
  blockNumber: number
  transactionHash: string
  change: JsonObject
}

/** A schema as the ledger and the node know it. */
export interface SchemaView {
  schemaId: string
  issuerDid: string
  name: string
  version: string
  type: string
  alias: string | null
  digest: string
  active: boolean
  restricted: boolean
  contexts: readonly { url: string; digest: string }[]
  jsonSchema: JsonObject
  registeredAt: string
}

/** A credential of the node's own records. */
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
  status: 'valid' | 'revoked' | 'suspended'
  statusListId: string | null
  statusListIndex: number | null
  transactionHash: string | null
  registration: 'registered' | 'pending' | 'none'
}

/** Questions to the credentials of a node. */
interface CredentialFilters {
  issuerDid?: string | undefined
  holderDid?: string | undefined
  schemaId?: string | undefined
  status?: CredentialStatus['status'] | undefined
}

/** Merkle proof that a credential's status entry was registered; hashes are hex with 0x. */
export interface RegistrationProof {
  credentialId: string
  statusListId: string
  statusListIndex: number
  digest: string
  leaf: string
  proof: string[]
  root: string
  transactionHash: string
  blockNumber: number
}

/** Status of a credential, as the ledger has it. Time: ISO 8601, UTC. */
export interface CredentialStatus {
  credentialId: string
  status: 'valid' | 'revoked' | 'suspended'
  revoked: boolean
  suspended: boolean
  statusListId: string | null
  statusListIndex: number | null
  checkedAt: string
}

/** Issuer DIDs a question is limited to; undefined means any. */
interface Limited {
  issuers: readonly string[] | undefined
}

/** The house as its doors see it: everything wired, nothing to build. Types are facts; errors are IssuerError. */
export interface Issuer {
  network(): NetworkFacts
  checkHealth(): Promise<Health>

  createDid(input: { method: 'ethr' | 'key'; keys: readonly KeyType[]; name?: string | undefined }): Promise<{
    did: string
    document: JsonObject
    transactionHash: string | null
  }>
  listDids(input: PageRequest & Limited): Promise<Page<DidRecord>>
  getDid(did: string): Promise<DidView>
  didHistory(did: string): Promise<readonly DidHistoryEntry[]>

  issue(input: IssuanceTerms & Subject): Promise<IssuedCredential>
  issueBatch(input: IssuanceTerms & { subjects: readonly Subject[] }): Promise<BatchOutcome>
  listCredentials(input: PageRequest & Limited & CredentialFilters): Promise<Page<CredentialRecord>>
  /** @throws CREDENTIAL_NOT_FOUND, also when it is of another issuer */
  requireCredential(
    input: Limited & { credentialId: string },
  ): Promise<CredentialRecord & { credential: Secured }>
  /** @throws CREDENTIAL_NOT_REVOCABLE, REGISTRATION_PENDING */
  registration(credentialId: string): Promise<RegistrationProof>
  credentialStatus(credentialId: string): Promise<CredentialStatus>
  changeStatus(change: StatusChange): Promise<StatusChangeOutcome>
  statusListCredential(id: string): Promise<{ credential: Secured; etag: string; maxAgeSeconds: number }>
  verify(input: { credential: Secured; chain: readonly Secured[] }): Promise<VerificationOutcome>

  offer(
    input: Limited & { credentialId: string; expiresInSeconds: number },
  ): Promise<Offer & { qrCode: { svg: string; png: string } }>
  collect(token: string): Promise<{ credentialId: string; credential: Secured }>
  /** The bytes of a published JSON-LD context. @throws NOT_FOUND */
  context(digest: string): Promise<string>

  apiKeys: ApiKeyAdministration
}

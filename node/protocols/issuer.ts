import type { ApiKeyAdministration } from '../access/api-key-administration.ts'
import type { Idempotency } from '../access/idempotency.ts'
import type { RateCounter } from '../access/rate-counter.ts'
import type { TenantAdministration } from '../access/tenants.ts'
import type { AuditLog } from '../audit/read-log.ts'
import type { Bulk } from '../bulk/bulk.ts'
import type { Offer } from '../delivery/create-offer.ts'
import type { ConnectionDoor, ExchangeDoor } from '../exchange/doors.ts'
import type { StatusChanger } from '../issuance/change-status.ts'
import type { CredentialRecord } from '../issuance/credential-record.ts'
import type { CredentialStatus } from '../issuance/credential-status.ts'
import type { DocumentRequest } from '../issuance/document-terms.ts'
import type { IssuedCredential } from '../issuance/issuance.ts'
import type { issue } from '../issuance/issue.ts'
import type { issueBatch } from '../issuance/issue-batch.ts'
import type { PublishedStatusList, StatusListRequest } from '../issuance/publish-status-list.ts'
import type { RegistrationProof } from '../issuance/registration-proof.ts'
import type { JsonObject } from '../json.ts'
import type { RegistryAddresses } from '../ledger/ledger.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { Tracing } from '../observability/tracing.ts'
import type { deriveCredential } from '../presentation/derive-credential.ts'
import type { provePresentation } from '../presentation/prove-presentation.ts'
import type { RecallOrder } from '../recall/order-recall.ts'
import type { Recall, RecalledCredential } from '../recall/recall-record.ts'
import type { allowIssuers } from '../registrar/allow-issuers.ts'
import type { createDid } from '../registrar/create-did.ts'
import type { deactivateDid } from '../registrar/deactivate-did.ts'
import type { deactivateSchema } from '../registrar/deactivate-schema.ts'
import type { didHistory } from '../registrar/did-history.ts'
import type { getSchema } from '../registrar/get-schema.ts'
import type { importDid, withdrawImport } from '../registrar/import-did.ts'
import type { registerContext } from '../registrar/register-context.ts'
import type { registerSchema } from '../registrar/register-schema.ts'
import type { rotateKeys } from '../registrar/rotate-keys.ts'
import type { updateDid } from '../registrar/update-did.ts'
import type { CredentialQuestion } from '../stores/credentials.ts'
import type { SchemaStore } from '../stores/schemas.ts'
import type { StoredDid } from '../stores/stored-did.ts'
import type { Secured } from '../suites/suite.ts'
import type { verifyCredential } from '../verification/verify-credential.ts'
import type { verifyPresentation } from '../verification/verify-presentation.ts'
import type { Webhooks } from '../webhooks/webhooks.ts'
import type { AnonCredsDoor, WalletDoor } from './anoncreds-door.ts'

/** A function `f(deps, input)` whose deps are given. */
type Bound<F> = F extends (deps: never, input: infer Input) => infer Result ? (input: Input) => Result : never

/** The input of a question to a store, but for the tenant, who is whoever asks. */
type Untenanted<F extends (question: never) => unknown> = Omit<Parameters<F>[0], 'tenantId'>

/** A part of a longer list; `nextCursor` asks for what follows. */
interface Page<T> {
  items: T[]
  nextCursor: string | null
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
  /** Where one is configured; without it work is done later, so that it is no reason to send requests elsewhere. */
  queue?: Dependency
}

/** What a verifier needs to know. */
interface NetworkFacts {
  chainId: number
  rpcUrl: string | null
  registries: RegistryAddresses
  finalityDepth: number
  publicUrl: string
  nodeDid: string
  proofTypes: string[]
}

/** A resolved DID. */
interface DidView {
  did: string
  document: JsonObject
  deactivated: boolean
  name: string | null
  /** Whether this node holds its controller key. */
  controlled: boolean
}

/** Issuer DIDs a question is limited to; undefined means any. */
interface Limited {
  issuers: readonly string[] | undefined
}

/** The node as its protocols see it: everything wired, nothing to build. Its errors are IssuerError. */
export interface Issuer {
  network(): NetworkFacts
  checkHealth(): Promise<Health>
  apiKeys: ApiKeyAdministration
  idempotency: Idempotency
  /** Undefined where one process answers all requests. */
  rateCounter: RateCounter | undefined
  tenants: TenantAdministration
  audit: AuditLog
  webhooks: Webhooks
  metrics: Metrics
  /** Undefined: requests are not traced. */
  tracing: Tracing | undefined

  createDid: Bound<typeof createDid>
  importDid: Bound<typeof importDid>
  withdrawImport: Bound<typeof withdrawImport>
  updateDid: Bound<typeof updateDid>
  rotateKeys: Bound<typeof rotateKeys>
  deactivateDid: Bound<typeof deactivateDid>
  didHistory: Bound<typeof didHistory>
  listDids(question: Limited & { limit: number; cursor?: string | undefined }): Promise<Page<StoredDid>>
  /** @throws DID_NOT_FOUND, DID_METHOD_UNSUPPORTED, CHAIN_UNREACHABLE */
  viewDid(did: string): Promise<DidView>

  /** The document of a did:web served here, by its path without `/did.json`. @throws NOT_FOUND */
  didWebDocument(path: string): Promise<JsonObject>

  registerSchema: Bound<typeof registerSchema>
  deactivateSchema: Bound<typeof deactivateSchema>
  allowIssuers: Bound<typeof allowIssuers>
  /** By id or alias. */
  getSchema: Bound<typeof getSchema>
  listSchemas(question: Untenanted<SchemaStore['list']>): ReturnType<SchemaStore['list']>
  registerContext: Bound<typeof registerContext>
  /** The text of a published JSON-LD context. @throws NOT_FOUND */
  context(digest: string): Promise<string>
  /** Type metadata of SD-JWT VCs, as JSON text. @throws SCHEMA_NOT_FOUND, NOT_FOUND for another type than the schema's */
  typeMetadata(input: { schemaId: string; type: string }): Promise<string>

  /** Recalls what a key has signed; each question is limited to the issuers that the caller may act for. */
  recalls: {
    order(order: RecallOrder): Promise<Recall>
    /** @throws RECALL_NOT_FOUND */
    require(question: Limited & { recallId: string }): Promise<Recall>
    list(question: Limited & { limit: number; cursor?: string | undefined }): Promise<Page<Recall>>
    /** @throws RECALL_NOT_FOUND */
    credentials(
      question: Limited & { recallId: string; limit: number; cursor?: string | undefined },
    ): Promise<Page<RecalledCredential>>
  }

  issue: Bound<typeof issue>
  issueBatch: Bound<typeof issueBatch>
  bulk: Bulk
  /** A credential written as a whole document; a token in an envelope as `verifiableCredential`. */
  issueDocument(
    request: DocumentRequest,
  ): Promise<IssuedCredential & { mediaType: string; verifiableCredential: JsonObject }>
  /** As `verify`, of credentials that may be enveloped or define terms themselves. */
  verifyDocument: Bound<typeof verifyCredential>
  /** As `verifyPresentation`, of such credentials, whoever they are about. */
  verifyPresented: Bound<typeof verifyPresentation>
  /** As `provePresentation`; a token in an envelope. */
  provePresented(input: Parameters<Issuer['provePresentation']>[0]): Promise<JsonObject>
  /** An issued credential as an object. @throws CREDENTIAL_NOT_FOUND, CREDENTIAL_DELETED */
  issuedDocument(input: Limited & { credentialId: string }): Promise<JsonObject>
  /** Forgets what a credential says. @throws CREDENTIAL_NOT_FOUND, CREDENTIAL_DELETED */
  eraseCredential(input: Limited & { credentialId: string }): Promise<void>
  listCredentials(question: Omit<CredentialQuestion, 'tenantId'>): Promise<Page<CredentialRecord>>
  /** @throws CREDENTIAL_NOT_FOUND, also when it is of an issuer outside the limits */
  requireCredential(
    input: Limited & { credentialId: string },
  ): Promise<CredentialRecord & { credential: Secured }>
  registrationProof(credentialId: string): Promise<RegistrationProof>
  credentialStatus(credentialId: string): Promise<CredentialStatus>
  changeStatus: StatusChanger['change']
  statusList(request: StatusListRequest): Promise<PublishedStatusList>
  /** Addresses of the token status lists of one issuer, or of all. */
  statusListAddresses(question: { issuerDid?: string }): Promise<string[]>
  verify: Bound<typeof verifyCredential>

  verifyPresentation: Bound<typeof verifyPresentation>
  /** Signs with keys of this node: whoever asks must be allowed to act for the holder. */
  provePresentation: Bound<typeof provePresentation>
  deriveCredential: Bound<typeof deriveCredential>
  /** The same; a token in its envelope. */
  deriveDocument(input: { credential: unknown; selectivePointers: readonly string[] }): Promise<JsonObject>

  connections: ConnectionDoor
  exchanges: ExchangeDoor

  anoncreds: AnonCredsDoor
  wallet: WalletDoor

  /** @throws CREDENTIAL_NOT_FOUND, also when it is of an issuer outside the limits */
  offer(
    input: Limited & { credentialId: string; expiresInSeconds: number },
  ): Promise<Offer & { qrCode: { svg: string; png: string } }>
  /** @throws OFFER_NOT_FOUND */
  collect(token: string): Promise<{ credentialId: string; credential: Secured }>
}

import type { AnonCredsPresentation } from '../anoncreds/presentation.ts'
import type { JsonObject } from '../json.ts'
import type { KeptRequest } from '../presentation/anoncreds-requests.ts'
import type { DefinitionView } from '../registrar/anoncreds/definition-view.ts'
import type { DefinitionOrder } from '../registrar/anoncreds/order-definition.ts'
import type {
  NewAnonCredsSchema,
  RegisteredAnonCredsSchema,
} from '../registrar/anoncreds/register-anoncreds-schema.ts'
import type { AnonCredsOutcome } from '../verification/verify-anoncreds.ts'
import type { HeldCredential } from '../wallet/held-credential.ts'
import type { AnonCredsPresenting } from '../wallet/present-anoncreds.ts'

interface Page<T> {
  items: T[]
  nextCursor: string | null
}

/** A question for a part of a list of one's own. */
interface OwnPage {
  tenantId: string
  limit: number
  cursor?: string | undefined
}

/** An AnonCreds schema as the ledger has it. Time: ISO 8601, UTC. */
export interface AnonCredsSchemaView {
  schemaId: string
  /** SHA-256 of the content on the ledger, hex with 0x. */
  digest: string
  active: boolean
  registeredAt: string
  /** As the AnonCreds specification writes it. */
  schema: { issuerId: string; name: string; version: string; attrNames: string[] }
}

/** A credential definition; `credentialDefinition` as the AnonCreds specification writes it, null until it is on the ledger. */
export interface CredentialDefinitionView extends Omit<DefinitionView, 'createdAt'> {
  registeredAt: string | null
  credentialDefinition: JsonObject | null
}

/** AnonCreds for issuers and verifiers. */
export interface AnonCredsDoor {
  registerSchema(input: NewAnonCredsSchema): Promise<RegisteredAnonCredsSchema>
  /** @throws SCHEMA_NOT_FOUND, SCHEMA_DEACTIVATED */
  deactivateSchema(input: { schemaId: string }): Promise<{ schemaId: string; transactionHash: string }>
  /** Of this ledger, whoever registered it. @throws SCHEMA_NOT_FOUND, LEDGER_DATA_INVALID */
  schema(schemaId: string): Promise<AnonCredsSchemaView>
  listSchemas(question: OwnPage): Promise<Page<AnonCredsSchemaView>>
  orderDefinition(order: DefinitionOrder): Promise<DefinitionView>
  /** @throws CREDENTIAL_DEFINITION_NOT_FOUND, CREDENTIAL_DEFINITION_DEACTIVATED */
  deactivateDefinition(input: { credDefId: string }): Promise<{ credDefId: string; transactionHash: string }>
  /**
   * Of this ledger, whoever registered it; or one of the tenant that is on its way there, or failed.
   * @throws CREDENTIAL_DEFINITION_NOT_FOUND, LEDGER_DATA_INVALID
   */
  definition(input: { credDefId: string; tenantId?: string | undefined }): Promise<CredentialDefinitionView>
  listDefinitions(question: OwnPage): Promise<Page<DefinitionView>>

  makePresentationRequest(input: {
    tenantId: string
    request: Readonly<Record<string, unknown>>
    expiresInSeconds: number
  }): Promise<KeptRequest>
  /** @throws PRESENTATION_REQUEST_NOT_FOUND */
  verifyAnswer(input: {
    tenantId: string
    presentationRequestId: string
    presentation: unknown
  }): Promise<AnonCredsOutcome>
  /** Whoever asks keeps the nonce itself. Anonymous callers share few places. */
  verifyPresentation(input: {
    presentation: unknown
    request: unknown
    anonymous: boolean
  }): Promise<AnonCredsOutcome>
}

/** What the node holds for its tenants: AnonCreds credentials and link secrets. */
export interface WalletDoor {
  /** False when there is one of that name. */
  makeLinkSecret(input: { tenantId: string; name: string }): Promise<boolean>
  listLinkSecrets(tenantId: string): Promise<{ name: string; createdAt: string }[]>
  listCredentials(
    question: OwnPage & { schemaId?: string | undefined; credDefId?: string | undefined },
  ): Promise<Page<HeldCredential>>
  /** @throws CREDENTIAL_NOT_FOUND */
  credential(input: { tenantId: string; credentialId: string }): Promise<HeldCredential>
  /** @throws CREDENTIAL_NOT_FOUND */
  deleteCredential(input: { tenantId: string; credentialId: string }): Promise<void>
  /** @throws PRESENTATION_NOT_POSSIBLE, CREDENTIAL_NOT_FOUND */
  present(input: AnonCredsPresenting): Promise<AnonCredsPresentation>
}

import type { CredentialFacts } from '../formats/format.ts'
import type { JsonObject } from '../json.ts'
import type { StatusPurpose } from '../ledger/ledger.ts'
import type { DocumentLoader, ProofVerdict, Secured } from '../suites/suite.ts'
import type { CheckedTerms, PipelineDeps } from './pipeline.ts'

/** What the issuance of whole documents stands on, besides the pipeline. */
export interface DocumentDeps extends PipelineDeps {
  /** @throws MALFORMED_REQUEST with every violation of the data model */
  readFacts(document: JsonObject): CredentialFacts
  /** @throws MALFORMED_REQUEST when a term or type is not defined */
  requireDefinedTerms(document: JsonObject, documentLoader: DocumentLoader): Promise<void>
  /** Whether all proofs hold, that of the party among them. */
  checkProofs(input: {
    secured: Secured
    party: string
    documentLoader: DocumentLoader
  }): Promise<ProofVerdict>
  /** The context that an issuer has registered under a URL. */
  registeredContext(issuerDid: string, url: string): Promise<JsonObject | undefined>
}

/** A credential as its issuer wrote it, and how to secure it. */
export interface DocumentRequest {
  /** Without its proofs. */
  document: JsonObject
  /** The proofs it has already, to which one is added. */
  proofs?: readonly JsonObject[]
  /** The id of the new proof, a URL. */
  proofId?: string
  /** Ids of the proofs that the new one follows. */
  previousProof?: readonly string[]
  issuerDid: string
  /** A suite's name; the first one that fits document and keys when left out. */
  proofType?: string
  /** The issuer's key to sign with; the newest that fits when left out. */
  verificationMethod?: string
  /** What it can be revoked or suspended by. */
  purposes: readonly StatusPurpose[]
  /** Names of status encodings; the default one when left out. */
  statusEncodings?: readonly string[]
  mandatoryPointers?: readonly string[]
  /** The name by which the records know it, when its document has no id. */
  credentialId?: string
}

/** Everything about a document that has been checked; its schema is one of the ledger, or none. */
export interface DocumentTerms extends Omit<CheckedTerms, 'schema' | 'validFrom'> {
  facts: CredentialFacts
  schema: { id: string; type: string }
}

import type { Database } from '../stores/database.ts'
import type { AnonCredsCredential } from './credential.ts'
import type { CredentialOffer } from './credential-offer.ts'
import type { CredentialRequest } from './credential-request.ts'

/**
 * What an issuer of this node does in an exchange, step by step. Whatever comes from the other side is `unknown` and
 * parsed inside; what this node made and kept comes back as it was kept. Private keys stay inside.
 */
export interface AnonCredsIssuer {
  /**
   * A new offer; its nonce is new. Whoever asked keeps the offer, takes one request for it, and lets it expire.
   * @throws CREDENTIAL_DEFINITION_NOT_FOUND also when it is of another tenant, CREDENTIAL_DEFINITION_PENDING, CREDENTIAL_DEFINITION_DEACTIVATED,
   *   ISSUER_DEACTIVATED, CHAIN_UNREACHABLE
   */
  createOffer(input: { tenantId: string; credDefId: string }): Promise<CredentialOffer>
  /**
   * Checks raw values against the schema of a definition before anybody is asked.
   * @throws SCHEMA_VALIDATION_FAILED with every violation, CREDENTIAL_DEFINITION_NOT_FOUND
   */
  checkValues(input: {
    tenantId: string
    credDefId: string
    values: Readonly<Record<string, string>>
  }): Promise<void>
  /**
   * Checks the request against the offer as it was kept, and signs the values.
   * @throws MALFORMED_REQUEST, ANONCREDS_PROOF_INVALID, SCHEMA_VALIDATION_FAILED, CREDENTIAL_DEFINITION_NOT_FOUND, NODE_BUSY
   *   (retryable), ISSUER_DEACTIVATED, CHAIN_UNREACHABLE
   */
  createCredential(input: {
    tenantId: string
    /** The offer that was kept. */
    offer: unknown
    /** From the holder. */
    request: unknown
    /** Raw value of each attribute of the schema, by its name there. */
    values: Readonly<Record<string, string>>
  }): Promise<AnonCredsCredential>
}

/** A checked credential, ready to be stored in the wallet. */
export interface StorableCredential {
  credentialId: string
  tenantId: string
  schemaId: string
  credDefId: string
  issuerId: string
  linkSecretName: string
  /** The credential with its values, encrypted. */
  sealed: string
  /** ISO 8601, UTC. */
  storedAt: string
}

/** What a holder of this node does in an exchange. The link secret and what would tell it stay sealed. */
export interface AnonCredsHolder {
  /**
   * Reads what is offered, resolves schema and definition from the ledger, checks the issuer's key, and answers with a
   * request over the blinded link secret, which is made when the tenant has none of that name.
   * @throws MALFORMED_REQUEST, ANONCREDS_PROOF_INVALID, CREDENTIAL_DEFINITION_NOT_FOUND, SCHEMA_NOT_FOUND, LEDGER_DATA_INVALID,
   *   CHAIN_UNREACHABLE, NODE_BUSY (retryable)
   */
  createRequest(input: {
    tenantId: string
    /** From the issuer. */
    offer: unknown
    /** Refuses an offer of another definition. */
    credDefId?: string | undefined
    /** `default` when left out. */
    linkSecretName?: string | undefined
  }): Promise<{
    request: CredentialRequest
    /** To be kept with the request, and given back as it is. */
    sealedMetadata: string
  }>
  /**
   * Checks a received credential and completes its signature; nothing is stored yet.
   * @throws MALFORMED_REQUEST, ANONCREDS_PROOF_INVALID, CREDENTIAL_DEFINITION_NOT_FOUND, CHAIN_UNREACHABLE, NODE_BUSY (retryable)
   */
  processCredential(input: {
    tenantId: string
    /** From the issuer. */
    credential: unknown
    /** The request that was kept. */
    request: unknown
    sealedMetadata: string
  }): Promise<StorableCredential>
  /** Stores it in a transaction of the caller's; the id is unique, so that a second time fails. */
  insert(trx: Database, row: StorableCredential): Promise<void>
}

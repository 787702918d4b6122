import type { JsonObject } from '../json.ts'
import type { DataModel, Secured } from '../suites/suite.ts'

/** What a credential is made of, before it is signed. */
export interface CredentialContent {
  dataModel: DataModel
  /** `urn:uuid:…` */
  id: string
  /** Contexts of the schema and the suite, in order, without that of the data model. */
  contexts: readonly string[]
  /** The schema's type, without VerifiableCredential. */
  type: string
  issuer: { id: string; name?: string }
  holderDid: string
  claims: JsonObject
  validFrom: Date
  validUntil?: Date
  /** Entries made by status encodings, for the document's `credentialStatus`; may be none. */
  credentialStatus: readonly JsonObject[]
  /** The `status` claim of a token, such as `{ status_list: { idx, uri } }`; only for formats that have a place for it. */
  status?: JsonObject
  credentialSchema: JsonObject
  /** How an SD-JWT VC names its type, and the SRI digest of what is served there; for formats that name it so. */
  credentialType?: { vct: string; integrity: string }
  /** Public key of the holder (JWK, RFC 7517), for formats that bind credentials to it; absent when there is none. */
  holderKey?: JsonObject
}

/** Where a credential can carry its status: entries in `credentialStatus`, or the `status` claim of a token. */
export type StatusPlace = 'entry' | 'claim'

/** The facts that checks ask for, whatever the format. Dates are ISO 8601 as written in the credential. */
export interface CredentialFacts {
  dataModel: DataModel
  id?: string
  types: readonly string[]
  issuer: string
  subjects: readonly JsonObject[]
  validFrom?: string
  validUntil?: string
  credentialStatus: readonly JsonObject[]
  /** The `status` claim of a token, as it was received. */
  status?: JsonObject
  credentialSchema: readonly JsonObject[]
}

/** A received credential, understood. */
export interface OpenedCredential {
  /** The data model's document: for a token, its payload turned back into one. */
  document: JsonObject
  facts: CredentialFacts
  secured: Secured
}

/** How a credential is understood. */
export interface OpenOptions {
  /** Whether the document in a token of data model 2.0 may define terms itself. */
  inlineContexts?: boolean
}

/** One credential format. The list is in index.ts; adding one is one file and one line. */
export interface Format {
  readonly name: string
  /** Media type of the secured credential. */
  readonly mediaType: string
  /** Where its credentials can carry their status, the default first; `entry` alone when left out. */
  readonly statusPlaces?: readonly StatusPlace[]
  /** Whether its credentials name a key of their holder. */
  readonly bindsHolder?: boolean
  /** The unsecured document; pure. */
  construct(content: CredentialContent): JsonObject
  /** Understands a received credential; undefined when it is not of this format. @throws MALFORMED_REQUEST */
  open(received: unknown, options?: OpenOptions): OpenedCredential | undefined
  /**
   * The bytes whose SHA-256 stands in the registration's Merkle leaf: JCS (RFC 8785) of a JSON credential,
   * the issuer-signed bytes of a token.
   */
  digestInput(secured: Secured): Uint8Array
}

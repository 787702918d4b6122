import type { JsonObject } from '../json.ts'
import type { KeyType, Signer } from '../keys/key-store.ts'

/** Versions of the W3C Verifiable Credentials Data Model. */
export type DataModel = '1.1' | '2.0'

/** A key of an issuer that may sign assertions, by the DID URL its DID document gives it. */
export interface AssertionKey {
  verificationMethod: string
  signer: Signer
}

/** Gives a JSON-LD context or another linked document; refuses what is not bundled, pinned or allowed. */
export type DocumentLoader = (
  url: string,
) => Promise<{ contextUrl: null; documentUrl: string; document: JsonObject }>

/** A verification method as resolution gave it, and what its DID document says about it. */
export interface ResolvedKey {
  verificationMethod: JsonObject & { id: string; type: string; controller: string }
  didDocument: JsonObject & { id: string }
  deactivated: boolean
}

/** Resolves the DID URL of a verification method; undefined when the document has no such method. */
export type KeyResolver = (verificationMethod: string) => Promise<ResolvedKey | undefined>

/** A secured document: JSON with an embedded proof, or a compact token. */
export type Secured = JsonObject | string

/** Verdict over one proof; `unknown` when it could not be decided, such as an unreachable DID. */
export interface ProofVerdict {
  status: 'pass' | 'fail' | 'unknown'
  /** The suite's name, as `proofType` writes it. */
  type: string
  verificationMethod?: string
  /** Why it did not pass. */
  reason?: string
}

/** One way to secure a document. The suites' list is in index.ts; adding one is one file and one line. */
export interface Suite {
  /** What `proofType` says: a cryptosuite's name or an older proof type. */
  readonly name: string
  /** The name of the format whose documents it secures. */
  readonly format: string
  /** Assertion keys it can sign with, in order of preference. */
  readonly keyTypes: readonly KeyType[]
  /** Versions of the data model it can secure, the default first. */
  readonly dataModels: readonly DataModel[]
  /** Contexts a document needs for this suite's proof, besides that of the data model. */
  contexts(dataModel: DataModel): readonly string[]
  /** Whether this suite made the proof of a received document. */
  recognises(secured: Secured): boolean
  /** @throws SIGNING_FAILED, also when a term is not defined by any context (nothing is dropped in silence) */
  secure(
    document: JsonObject,
    options: { key: AssertionKey; created: Date; documentLoader: DocumentLoader },
  ): Promise<Secured>
  /**
   * Checks the signature, and that the method belongs to the issuer and stands under assertionMethod. Some tokens
   * name no key: `resolveDidDocument` then gives the issuer's keys to try; without it such a token is `unknown`.
   */
  verify(
    secured: Secured,
    options: {
      resolveKey: KeyResolver
      resolveDidDocument?: (did: string) => Promise<ResolvedKey['didDocument'] | undefined>
      documentLoader: DocumentLoader
      now: Date
    },
  ): Promise<ProofVerdict>
}

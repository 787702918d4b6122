import type { IssuerError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { KeyType, Signer } from '../keys/key-store.ts'
import type { SecuredText } from '../secured-text.ts'

/** Versions of the W3C Verifiable Credentials Data Model. */
export type W3cDataModel = '1.1' | '2.0'

/** What a credential is written in: a version of the W3C data model, or the claims of an SD-JWT VC. */
export type DataModel = W3cDataModel | 'sd-jwt-vc'

/** A key of an issuer that may sign assertions, by the DID URL its DID document gives it. */
export interface AssertionKey {
  verificationMethod: string
  signer: Signer
}

/** Gives a JSON-LD context or another linked document; refuses what is not bundled, pinned or allowed. */
export type DocumentLoader = (
  url: string,
) => Promise<{ contextUrl: null; documentUrl: string; document: JsonObject }>

/** For which time a DID document listed a key. Times are ISO 8601, UTC. */
export interface KeyValidity {
  /** Null: since the DID exists. */
  validFrom: string | null
  /** Null while no end is known. */
  validUntil: string | null
  /** From when on, as its issuer says, others may hold the key. */
  compromisedSince: string | null
}

/** What a verifier knows of a document besides what its proof says, for keys that are no longer what they were. */
export interface SigningEvidence {
  /** Whether it can be shown that the document existed before that time; whoever holds a key chooses what it signs. */
  existedBefore(date: Date): Promise<boolean>
  /** Stands for a time of signing that the proof does not tell. */
  startOfValidity?: Date
}

/** A verification method as resolution gave it, and what its DID document says about it. */
export interface ResolvedKey {
  verificationMethod: JsonObject & { id: string; type: string; controller: string }
  didDocument: JsonObject & { id: string }
  deactivated: boolean
  /** Where the DID's method keeps a history. */
  validity?: KeyValidity
}

/**
 * Resolves the DID URL of a verification method; undefined when the document has no such method for the purpose
 * (`assertionMethod` unless told). With `signedAt` or `evidence` a key that has been rotated since is found in the
 * history of its DID, as far as the method keeps one. It throws KEY_NOT_VALID when the key was not valid then, and
 * KEY_DOUBTFUL when that cannot be told.
 */
export type KeyResolver = (
  verificationMethod: string,
  options?: { signedAt?: Date; purpose?: ProofPurpose; evidence?: SigningEvidence },
) => Promise<ResolvedKey | undefined>

/** A secured document: JSON with an embedded proof, or a compact token. */
export type Secured = JsonObject | string

/** Verdict over one proof; `unknown` when it could not be decided, such as an unreachable DID. */
export interface ProofVerdict {
  status: 'pass' | 'fail' | 'unknown'
  /** The suite's name, as `proofType` writes it. */
  type: string
  verificationMethod?: string
  /** Who made a proof that is not the issuer's or the holder's own: an endorser. */
  controller?: string
  /** Why it did not pass. */
  reason?: string
  /** Every proof of a set or chain; the members beside it are those of the issuer's or the holder's own. */
  proofs?: readonly ProofVerdict[]
}

/** What a proof is for (Verifiable Credential Data Integrity 1.0, 2.1): a claim of an issuer, or a holder's answer. */
export type ProofPurpose = 'assertionMethod' | 'authentication'

export interface SecureOptions {
  key: AssertionKey
  created: Date
  documentLoader: DocumentLoader
  /** `assertionMethod` unless told; `authentication` for presentations. */
  purpose?: ProofPurpose
  /** What a verifier asked a presentation to repeat: `challenge` is the nonce of a token, `domain` its audience. */
  challenge?: string
  domain?: string
  /** JSON pointers (RFC 6901) into the document whose values every derived proof reveals. Only for suites that derive. */
  mandatoryPointers?: readonly string[]
  /** The id of the new proof, a URL, by which a later proof can name it. Embedded proofs alone. */
  proofId?: string
  /** Proofs of the document that the new one covers besides the document, and names. Embedded proofs alone. */
  previousProofs?: readonly JsonObject[]
}

/** What became of one of many documents, and the digest of its format, hex. */
export interface SecuredOne {
  secured: SecuredText
  /** SHA-256 of what the format's `digestInput` gives. */
  digest: string
}

/** Secures many documents in a thread, with a key that lies in the memory of this process. */
export interface SecureMany {
  /** Types of keys that it can sign with. */
  readonly keyTypes: readonly KeyType[]
  /**
   * One outcome for each document, in order: an error is that of its document alone. Each is asked for when the one before
   * it has been written down, so that few live at a time.
   * @throws NODE_BUSY
   */
  secure(
    documents: Iterable<JsonObject>,
    options: Omit<SecureOptions, 'previousProofs'>,
  ): Promise<readonly (SecuredOne | IssuerError)[]>
}

export interface VerifyOptions {
  resolveKey: KeyResolver
  resolveDidDocument?: (did: string) => Promise<ResolvedKey['didDocument'] | undefined>
  documentLoader: DocumentLoader
  now: Date
  /** `assertionMethod` by the document's issuer unless told; `authentication` by the holder of a presentation. */
  purpose?: ProofPurpose
  /** Whose key the proof has to be made with, instead of the issuer's or the holder's: an endorser of the document. */
  controller?: string
  /** The proof has to repeat these when they are given. */
  challenge?: string
  domain?: string
  /** The proofs that `previousProof` names: a proof in a chain covers them besides the document. */
  previousProofs?: readonly JsonObject[]
}

export interface DeriveOptions {
  /** JSON pointers (RFC 6901) into the document whose values are revealed, besides the mandatory ones. */
  selectivePointers: readonly string[]
  documentLoader: DocumentLoader
  resolveKey: KeyResolver
  /** Bytes that the derived proof repeats, where the suite can: a presentation header or nonce. */
  nonce?: Uint8Array
}

/** One way to secure a document. The suites' list is in index.ts; adding one is one file and one line. */
export interface Suite {
  /** What `proofType` says: a cryptosuite's name, an older proof type, or the media type of a token. */
  readonly name: string
  /** The name of the format whose documents it secures. */
  readonly format: string
  /** Assertion keys it can sign with, in order of preference. */
  readonly keyTypes: readonly KeyType[]
  /** Versions of the data model it can secure, the default first. */
  readonly dataModels: readonly DataModel[]
  /** Contexts a document needs for this suite's proof, besides that of the data model. */
  contexts(dataModel: DataModel): readonly string[]
  /** Whether this suite made the proof of a received document (its one proof, where the proof is embedded). */
  recognises(secured: Secured): boolean
  /** @throws SIGNING_FAILED, also when a term is not defined by any context (nothing is dropped in silence) */
  secure(document: JsonObject, options: SecureOptions): Promise<Secured>
  /** The same of many documents; absent where it takes more than bytes and a key, or has threads of its own. */
  readonly secureMany?: SecureMany
  /**
   * Checks the signature, and that the method belongs to the issuer and stands under the purpose it was made for. Some
   * tokens name no key: `resolveDidDocument` then gives the issuer's keys to try; without it such a token is `unknown`.
   */
  verify(secured: Secured, options: VerifyOptions): Promise<ProofVerdict>
  /**
   * Makes a credential that reveals a choice of attributes and still verifies; absent where the suite cannot.
   * @throws DERIVATION_FAILED when a pointer leads nowhere or the proof is no base proof
   */
  derive?(secured: Secured, options: DeriveOptions): Promise<Secured>
  /** The `mandatoryPointers` by which an issuer secured a credential, so that another one can be made like it. */
  mandatoryPointersOf?(secured: Secured): readonly string[]
}

import type { StatusPlace } from '../formats/format.ts'
import type { JsonObject } from '../json.ts'
import type { StatusPurpose } from '../ledger/ledger.ts'
import type { DataModel } from '../suites/suite.ts'

/** Where a new credential's status stands: one index in the two lists of a pair. */
export interface StatusPosition {
  index: number
  /** What the credential can be revoked or suspended by. */
  purposes: readonly StatusPurpose[]
  /** Ids of the pair's lists on the ledger. */
  lists: Readonly<Record<StatusPurpose, string>>
  /** Where a list is published, without the segment of an encoding. */
  urlOf(statusListId: string): string
}

/** What a received entry points to. */
export interface StatusReference {
  index: number
  /** The questions that it answers: one for a bitstring, both for a token list. */
  purposes: readonly StatusPurpose[]
  /** Ids of lists on a ledger, by purpose, when the entry names them. */
  lists?: Readonly<Partial<Record<StatusPurpose, string>>>
  /** Where the list is published, when the entry tells. */
  url?: string
}

/** What a list is made from: the ledger's words, one after the other, are the bits (most significant bit first). */
export interface ListInput {
  /** Where this encoding of the list is published. */
  url: string
  issuer: string
  purpose: StatusPurpose
  /** Bits of the list under its own purpose; of both purposes where the encoding combines them. */
  bits: Readonly<Partial<Record<StatusPurpose, Uint8Array>>>
  validFrom: Date
  validUntil: Date
  ttlMilliseconds: number
  /** Where the addresses of all lists of the issuer are told. */
  aggregationUrl: string
}

/** An unpacked list. */
export interface DecodedList {
  purposes: readonly StatusPurpose[]
  /** Number of entries. */
  size: number
  /** Whether an entry below `size` is set; undefined for a value whose meaning is not known. */
  isSet(index: number, purpose: StatusPurpose): boolean | undefined
  /** Milliseconds for which the list may be kept, and the end of its validity, when it tells. */
  ttlMilliseconds?: number
  validUntil?: Date
}

/** How the lists of an encoding are published and read. */
export interface ListEncoding {
  /** Segment after the list's own address; empty for the first encoding, whose addresses stand in old credentials. */
  readonly segment: '' | '2021' | 'token'
  /** What a list is before it is signed: a credential of this data model, or the claims of a token. */
  readonly kind: { credential: DataModel } | 'token'
  /** Media types it is published in, the default first; which of them there are depends on the issuer's keys. */
  readonly mediaTypes: readonly string[]
  /** Purposes whose words it is made from. */
  reads(purpose: StatusPurpose): readonly StatusPurpose[]
  /** Whether a credential is a list of this encoding, by its type; token lists are no credentials. */
  recognises(document: JsonObject): boolean
  /** The unsigned list. */
  encode(input: ListInput): Promise<JsonObject>
  /** Unpacks a list, size-limited; its signature and dates are for the caller. @throws MALFORMED_REQUEST */
  decode(list: JsonObject): Promise<DecodedList>
}

/** One encoding of a credential's status. The list is in index.ts; adding one is one file and one line. */
export interface StatusEncoding {
  /** What `statusEncoding` says: the `type` of its entries, or the name of its claim. */
  readonly name: string
  readonly place: StatusPlace
  /** Versions of the data model whose credentials can carry it. */
  readonly dataModels: readonly DataModel[]
  /** Contexts that its entries need, besides that of the data model; `registryTerms` is where this node has its own. */
  contexts(dataModel: DataModel, registryTerms: string): readonly string[]
  /** Entries for `credentialStatus`, one for each purpose, or the one `status` claim. */
  entries(position: StatusPosition): readonly JsonObject[]
  /**
   * Reads an entry or a claim back; undefined when it is not of this encoding, `unsupported` with the reason when it
   * is well formed and says what is not read here. @throws MALFORMED_REQUEST
   */
  parse(entry: JsonObject): StatusReference | { unsupported: string } | undefined
  /** Absent where there is nothing to publish. */
  readonly list?: ListEncoding
}

import type { JsonObject } from '../json.ts'
import type { StatusPurpose } from '../ledger/ledger.ts'
import type { DataModel } from '../suites/suite.ts'

/** Where a credential's status stands: the list's id on the ledger, its published URL, and the index in it. */
export interface StatusListEntry {
  statusListId: string
  statusListUrl: string
  purpose: StatusPurpose
  index: number
}

/** One encoding of status lists. The list of encodings is in index.ts. */
export interface StatusEncoding {
  /** The `type` of the credentialStatus entries. */
  readonly name: string
  /** Contexts a credential with such an entry needs, besides that of the data model. */
  contexts(dataModel: DataModel): readonly string[]
  /** The credentialStatus entry; its id is `<statusListId>#<index>`, which names the list on the ledger. */
  entry(entry: StatusListEntry): JsonObject
  /** Reads an entry back; undefined when it is not of this encoding. @throws MALFORMED_REQUEST */
  parseEntry(entry: JsonObject): StatusListEntry | undefined
  /** The unsecured list credential over a bitstring (most significant bit first). */
  list(input: {
    url: string
    issuer: string
    purpose: StatusPurpose
    bits: Uint8Array
    validFrom: Date
    validUntil?: Date
    ttlMilliseconds: number
  }): Promise<JsonObject>
  /** Unpacks a list credential, size-limited. @throws MALFORMED_REQUEST */
  decode(list: JsonObject): Promise<{ purpose: StatusPurpose; bits: Uint8Array }>
}

import type { IssuerError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { SecuredText } from '../secured-text.ts'
import type { DataModel, Secured } from '../suites/suite.ts'

/** What an issuer asks for in common for one or many credentials. Types are facts: parsed at the edge. */
export interface IssuanceTerms {
  /** Id or alias of the schema. */
  schemaId: string
  issuerDid: string
  /** A suite's name. */
  proofType: string
  dataModel?: DataModel
  validFrom?: Date
  expirationDate?: Date
  revocable: boolean
  suspendable: boolean
  /** Names of status encodings, each a view of the one index; the default of the format when left out. */
  statusEncodings?: readonly string[]
  /** JSON pointers into the credential that every derived proof reveals; for suites that derive. */
  mandatoryPointers?: readonly string[]
  /** Does every check and writes nothing. */
  dryRun: boolean
}

/** One holder and the claims about it. */
export interface Subject {
  holderDid: string
  claims: JsonObject
}

/** Where the registration of a credential stands. */
export type Registration =
  /** Not revocable: nothing is registered. */
  | { state: 'none'; transactionHash: null }
  /** The transaction is not mined yet; the outbox finishes it. */
  | { state: 'pending'; transactionHash: null }
  | { state: 'registered'; transactionHash: string }

/** An issued credential. */
export interface IssuedCredential {
  credential: Secured
  credentialId: string
  statusListId: string | null
  statusListIndex: number | null
  registration: Registration
}

/** An issued credential as text, which is as it is kept. */
export interface RecordedCredential extends Omit<IssuedCredential, 'credential'> {
  secured: SecuredText
}

/** A row of a batch; a bad row fails alone. */
export type BatchRow =
  | ({ status: 'issued'; holderDid: string } & RecordedCredential)
  | {
      status: 'failed'
      holderDid: string
      error: { code: string; detail: string; violations: readonly { pointer: string; message: string }[] }
    }

/** The outcome of a batch: one row for each subject, in order. */
export interface BatchOutcome {
  results: readonly BatchRow[]
  issued: number
  failed: number
  registration: Registration
}

export type StatusAction = 'revoke' | 'suspend' | 'reinstate'

/** A change of status of one or many credentials, asked for by one issuer. */
export interface StatusChange {
  action: StatusAction
  credentialIds: readonly string[]
  reason?: string
  /** The issuer DIDs that the caller may act for; undefined means any. */
  actingFor?: readonly string[]
  /** Each credential for itself; all or none when left out. */
  partial?: boolean
}

/** The outcome of a status change; hashes of all transactions, one unless gas limits split it. */
export interface StatusChangeOutcome {
  credentialIds: readonly string[]
  status: 'revoked' | 'suspended' | 'valid'
  /** Empty where there was none. */
  transactionHash: string
  transactionHashes: readonly string[]
  /** Credentials of a partial change that keep their status, and why. */
  refused: readonly { credentialId: string; error: IssuerError }[]
}

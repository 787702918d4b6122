import type { JsonObject } from '../../json.ts'
import type { Database } from '../../stores/database.ts'
import type { Attribute } from '../message.ts'

/** What one side says in a step. */
export interface Saying {
  /** For the attachment of the message. */
  content: JsonObject
  preview?: readonly Attribute[]
}

/** What the two sides have said so far. */
export type Said = Readonly<Partial<Record<'proposal' | 'offer' | 'request' | 'issued', Saying>>>

/** Whose exchange it is, and over what it runs. */
export interface FormatContext {
  tenantId: string
  connectionId: string
  threadId: string
  said: Said
  /** What the format kept in the step before. */
  kept: JsonObject | undefined
}

/** What the issuer issued; `credentialId` where the node has a record of it. */
export interface Issued extends Saying {
  credentialId: string | null
}

/** Ends the step of issuing, in one transaction with what the format writes, or in one of its own. */
export type Settle = (issued: Issued, within?: Database) => Promise<void>

/** One credential format as it is issued in steps. What comes from the other side is `unknown` until it is read. */
export interface ExchangeFormat {
  readonly name: string
  /** Names of its attachments, by the kind of message. */
  readonly attachments: {
    readonly 'propose-credential': string
    readonly 'offer-credential': string
    readonly 'request-credential': string
    readonly 'issue-credential': string
  }

  /** Holder: what is asked for. @throws MALFORMED_REQUEST */
  propose(details: JsonObject): Saying
  /**
   * Issuer: what is offered; `details` are those of the caller, or else the proposal's.
   * @throws what keeps the credential from being issued, as far as that is known before there is a holder
   */
  offer(context: FormatContext, details: JsonObject): Promise<Saying & { issuerDid: string }>
  /** Holder: answers an offer. `actsFor` says for which DIDs of the node the caller may. */
  request(
    context: FormatContext,
    input: { details: JsonObject; actsFor(did: string): void },
  ): Promise<Saying & { kept?: JsonObject }>
  /** Issuer: issues what was offered to whoever requested it, once, by `settle`. */
  issue(context: FormatContext, settle: Settle): Promise<void>
  /** Holder: checks what was issued; `insert` stores it in the transaction of the step. */
  store(context: FormatContext): Promise<{ credentialId: string; insert(trx: Database): Promise<void> }>

  /** Takes what the other side said, or refuses it at once; what needs a ledger waits. @throws MALFORMED_REQUEST */
  read: {
    proposal(saying: Saying): void
    /** Gives who issues. */
    offer(saying: Saying): { issuerDid: string }
    request(saying: Saying): void
    issued(saying: Saying): void
  }
}

import type { JsonObject } from '../json.ts'
import type { Secured } from '../suites/suite.ts'
import type { dataModelContexts } from './credential-document.ts'

/** A credential to be presented. */
export interface PresentedCredential {
  secured: Secured
  /** Of its format: what an envelope around a token says. */
  mediaType: string
}

/** What a presentation is made of, before its holder signs it. */
export interface PresentationContent {
  dataModel: keyof typeof dataModelContexts
  /** Contexts that the suite's proof needs, besides that of the data model. */
  contexts: readonly string[]
  id?: string
  /** DID of the holder; absent when nobody proves to hold the credentials. */
  holderDid?: string
  credentials: readonly PresentedCredential[]
}

/** A received presentation, understood. */
export interface OpenedPresentation {
  /** The data model's document: for a token, its payload turned back into one. */
  document: JsonObject
  id?: string
  /** The DID of the holder, where the presentation names one. */
  holder?: string
  /** As each was received: what a credential format opens. */
  credentials: readonly unknown[]
  /** Whether there is anything that shows who presents it; a presentation may come without a proof. */
  isProven: boolean
  secured: Secured
}

/** One presentation format. The list is in presentations.ts; adding one is one file and one line. */
export interface PresentationFormat {
  /** Suites whose `format` has this name secure it. */
  readonly name: string
  readonly mediaType: string
  /** Whether a presentation is one token with a proof of possession, and no document of the W3C data model. */
  readonly presentsOneToken?: boolean
  /** The unsecured document; pure. */
  construct(content: PresentationContent): JsonObject
  /** Understands a received presentation; undefined when it is not of this format. @throws MALFORMED_REQUEST */
  open(received: unknown): OpenedPresentation | undefined
}

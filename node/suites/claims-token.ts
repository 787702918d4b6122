import type { JsonObject } from '../json.ts'
import type { KeyType } from '../keys/key-store.ts'
import type { AssertionKey, ProofVerdict, VerifyOptions } from './suite.ts'

/** A received token, taken apart; nothing in it has been verified. */
export interface OpenedClaims {
  claims: JsonObject
  /** Checks the signature, and that its key is an assertion key of the issuer. */
  verify(issuer: string, options: VerifyOptions): Promise<Omit<ProofVerdict, 'type'>>
}

/** One way to sign claims that are no credential, such as a status list. */
export interface ClaimsToken {
  readonly mediaType: string
  /** Keys that it is signed with, in order of preference. */
  readonly keyTypes: readonly KeyType[]
  /** @throws SIGNING_FAILED, KEY_STORE_UNAVAILABLE */
  sign(claims: JsonObject, key: AssertionKey): Promise<Uint8Array>
  /** Undefined for what is no such token. */
  open(received: Uint8Array): OpenedClaims | undefined
}

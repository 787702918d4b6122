import type { Format } from '../formats/format.ts'
import type { PresentationFormat } from '../formats/presentation.ts'
import type { KeyStore } from '../keys/key-store.ts'
import type { DidStore } from '../stores/dids.ts'
import type { KeyResolver, Suite } from '../suites/suite.ts'
import type { VerificationDeps } from '../verification/verification.ts'

/** What holders' work stands on: the keys of the node's DIDs, and what is known of credentials. */
export interface PresentationDeps
  extends Pick<VerificationDeps, 'ledger' | 'documentLoader' | 'registeredContext'> {
  formats: readonly Format[]
  presentationFormats: readonly PresentationFormat[]
  suites: readonly Suite[]
  dids: Pick<DidStore, 'get'>
  keys: Pick<KeyStore, 'requireSigner'>
  resolveKey: KeyResolver
  now(): Date
}

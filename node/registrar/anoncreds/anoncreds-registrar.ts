import type { CredentialDefinitionPrivate } from '../../anoncreds/issuer-key.ts'
import type { DefinitionKeys } from '../../keys/definition-keys.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import type { DefinitionStore } from '../../stores/anoncreds-definitions.ts'
import type { AnonCredsSchemaStore } from '../../stores/anoncreds-schemas.ts'
import type { DidStore } from '../../stores/dids.ts'
import type { RegistrarDeps } from '../registrar.ts'

/** What writing AnonCreds schemas and definitions stands on. */
export interface AnonCredsRegistrarDeps {
  ledger: RegistrarDeps['ledger'] & Pick<Ledger, 'definitions'>
  /** Those of the tenant on whose behalf the present work is done. */
  dids: DidStore
  schemas: AnonCredsSchemaStore
  definitions: DefinitionStore
  keys: DefinitionKeys
  /** Two safe primes; `onPrime` is called after each. It leaves the event loop free. */
  generateKey(onPrime: () => void): Promise<CredentialDefinitionPrivate>
  /** Says that there is a definition to be made. */
  notify(): void
  now(): Date
}

/** The job that brings definitions onto the ledger. */
export const definitionJobName = 'make credential definitions'

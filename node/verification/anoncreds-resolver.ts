import type { CredentialDefinition } from '../anoncreds/credential-definition.ts'
import type { AnonCredsSchema } from '../anoncreds/schema.ts'
import { BoundedCache } from '../bounded-cache.ts'
import {
  type AnonCredsLedger,
  resolveAnonCredsSchema,
  resolveCredentialDefinition,
} from './anoncreds-resources.ts'

/** Content of schemas and definitions by their ids. It never changes, so it is read once. */
export interface AnonCredsResolver {
  /** @throws SCHEMA_NOT_FOUND, LEDGER_DATA_INVALID, CHAIN_UNREACHABLE */
  schema(schemaId: string): Promise<AnonCredsSchema>
  /** @throws CREDENTIAL_DEFINITION_NOT_FOUND, LEDGER_DATA_INVALID, CHAIN_UNREACHABLE */
  definition(credDefId: string): Promise<CredentialDefinition>
}

/** A definition of 125 attributes has about 80 KB. */
const most = 128

export function createAnonCredsResolver(ledger: AnonCredsLedger): AnonCredsResolver {
  const schemas = new BoundedCache<string, AnonCredsSchema>(most)
  const definitions = new BoundedCache<string, CredentialDefinition>(most)
  return {
    async schema(id) {
      const known = schemas.get(id) ?? (await resolveAnonCredsSchema(ledger, id)).schema
      schemas.set(id, known)
      return known
    },
    async definition(id) {
      const known =
        definitions.get(id) ?? (await resolveCredentialDefinition(ledger, id)).credentialDefinition
      definitions.set(id, known)
      return known
    },
  }
}

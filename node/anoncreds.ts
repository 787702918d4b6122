import type { CredentialDefinition } from './anoncreds/credential-definition.ts'
import type { AnonCredsSchema } from './anoncreds/schema.ts'
import { IssuerError } from './errors.ts'
import { parseAnonCredsSchemaId, parseCredentialDefinitionId } from './ledger/anoncreds-id.ts'
import type { LedgerDefinition, LedgerSchema, RegistryAddresses } from './ledger/ledger.ts'
import { openLedger } from './ledger/open-ledger.ts'
import { resolveAnonCredsSchema, resolveCredentialDefinition } from './verification/anoncreds-resources.ts'

// The library `cartulary/anoncreds`: the engine, and what finds schemas and definitions on the ledger.
export * from './anoncreds/anoncreds.ts'
export type { AnonCredsSchema, CredentialDefinition, RegistryAddresses }

export interface AnonCredsLedgerOptions {
  /** JSON-RPC of the chain, over HTTP or HTTPS; whoever runs it is believed. */
  rpcUrl: string
  /** Where the registries stand. Trust begins here: whoever chooses them chooses the answers. */
  registries: RegistryAddresses
  /** The chain that it must be; any when left out. */
  chainId?: number
  /** Milliseconds that one request to the chain may take; 10,000 when left out. */
  requestTimeout?: number
}

interface OnLedger {
  id: string
  /** SHA-256 of the content on the ledger, hex with 0x; it has been checked. */
  digest: string
  /** False: nothing new is issued by it, and what was issued still verifies. */
  active: boolean
  /** ISO 8601, UTC. */
  registeredAt: string
}

/** A schema or a credential definition as the ledger has it. */
export type ResolvedAnonCreds = OnLedger &
  (
    | { type: 'schema'; schema: AnonCredsSchema }
    | { type: 'credentialDefinition'; credentialDefinition: CredentialDefinition }
  )

/** Reads schemas and definitions of one ledger. */
export interface AnonCredsLedger {
  readonly chainId: number
  /**
   * @throws IssuerError SCHEMA_NOT_FOUND, CREDENTIAL_DEFINITION_NOT_FOUND, NOT_FOUND for what is the id of neither,
   *   LEDGER_DATA_INVALID when what stands there is not the resource of this id, CHAIN_UNREACHABLE
   */
  resolve(id: string): Promise<ResolvedAnonCreds>
  close(): Promise<void>
}

/** Opens the registries of a chain for reading. @throws IssuerError CHAIN_UNREACHABLE, CHAIN_MISMATCH */
export async function openAnonCredsLedger(options: AnonCredsLedgerOptions): Promise<AnonCredsLedger> {
  const ledger = await openLedger(options)
  return {
    chainId: ledger.chainId,
    async resolve(id) {
      if (parseAnonCredsSchemaId(id)) {
        const { schema, head } = await resolveAnonCredsSchema(ledger, id)
        return { type: 'schema', schema, ...onLedger(id, head) }
      }
      if (parseCredentialDefinitionId(id)) {
        const { credentialDefinition, head } = await resolveCredentialDefinition(ledger, id)
        return { type: 'credentialDefinition', credentialDefinition, ...onLedger(id, head) }
      }
      throw new IssuerError('NOT_FOUND', {
        detail: 'This is the id of no AnonCreds schema and of no credential definition.',
        facts: { id },
      })
    },
    close: () => ledger.close(),
  }
}

const onLedger = (id: string, { digest, active, time }: LedgerSchema | LedgerDefinition): OnLedger => ({
  ...{ id, digest, active, registeredAt: time },
})

/** Reads one schema or definition by its id: `openAnonCredsLedger`, `resolve` and `close`. @throws IssuerError as these */
export async function resolveAnonCreds(
  options: AnonCredsLedgerOptions,
  id: string,
): Promise<ResolvedAnonCreds> {
  const ledger = await openAnonCredsLedger(options)
  try {
    return await ledger.resolve(id)
  } finally {
    await ledger.close()
  }
}

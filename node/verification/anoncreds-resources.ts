import { parseCredentialDefinition } from '../anoncreds/anoncreds.ts'
import type { CredentialDefinition } from '../anoncreds/credential-definition.ts'
import { type AnonCredsSchema, parseSchema } from '../anoncreds/schema.ts'
import { type ErrorCode, IssuerError } from '../errors.ts'
import {
  type AnonCredsSchemaName,
  type CredentialDefinitionName,
  parseAnonCredsSchemaId,
  parseCredentialDefinitionId,
} from '../ledger/anoncreds-id.ts'
import type { Ledger, LedgerDefinition, LedgerSchema } from '../ledger/ledger.ts'

/** What it takes to read AnonCreds resources. */
export type AnonCredsLedger = Pick<Ledger, 'identityOf'> & {
  schemas: Pick<Ledger['schemas'], 'get' | 'keyOf'>
  definitions: Pick<Ledger['definitions'], 'get'>
}

/** An AnonCreds schema as the ledger has it; `digest` is the SHA-256 of its content and has been checked. */
export interface ResolvedSchema {
  schemaId: string
  schema: AnonCredsSchema
  head: LedgerSchema
}

/** A credential definition as the ledger has it; `digest` is the SHA-256 of its content and has been checked. */
export interface ResolvedDefinition {
  credDefId: string
  credentialDefinition: CredentialDefinition
  head: LedgerDefinition
}

/**
 * Reads an AnonCreds schema of this ledger by its id, whoever registered it. A deactivated one resolves, too.
 * @throws SCHEMA_NOT_FOUND, LEDGER_DATA_INVALID when its content is not the schema of this id, CHAIN_UNREACHABLE
 */
export async function resolveAnonCredsSchema(
  ledger: AnonCredsLedger,
  schemaId: string,
): Promise<ResolvedSchema> {
  const name = parseAnonCredsSchemaId(schemaId)
  const isOfLedger = name && ledger.identityOf(name.issuerDid) === name.issuer
  const head = isOfLedger ? await ledger.schemas.get(name) : undefined
  if (!name || !head) throw new IssuerError('SCHEMA_NOT_FOUND', { facts: { schemaId } })
  return { schemaId, schema: readSchema(name, head.content), head }
}

/**
 * Reads a credential definition of this ledger by its id, whoever registered it. A deactivated one resolves, too.
 * @throws CREDENTIAL_DEFINITION_NOT_FOUND, LEDGER_DATA_INVALID when its content is not the definition of this id,
 *   CHAIN_UNREACHABLE
 */
export async function resolveCredentialDefinition(
  ledger: AnonCredsLedger,
  credDefId: string,
): Promise<ResolvedDefinition> {
  const name = parseCredentialDefinitionId(credDefId)
  const head =
    name && isOfLedger(ledger, name) ? await ledger.definitions.get(definitionName(ledger, name)) : undefined
  if (!name || !head) throw new IssuerError('CREDENTIAL_DEFINITION_NOT_FOUND', { facts: { credDefId } })
  return { credDefId, credentialDefinition: readDefinition(name, head.content), head }
}

function isOfLedger(
  ledger: Pick<Ledger, 'identityOf'>,
  { issuerDid, issuer, schema }: CredentialDefinitionName,
): boolean {
  return ledger.identityOf(issuerDid) === issuer && ledger.identityOf(schema.issuerDid) === schema.issuer
}

/** The name of a definition on the ledger, by which its key is made. */
export function definitionName(
  ledger: { schemas: Pick<Ledger['schemas'], 'keyOf'> },
  { issuer, schema, tag }: Pick<CredentialDefinitionName, 'issuer' | 'schema' | 'tag'>,
) {
  return { kind: 'claim-def', issuer, parentKey: ledger.schemas.keyOf(schema), tag } as const
}

/** The contracts do not look into content: who wrote it may have written anything. */
function readSchema(name: AnonCredsSchemaName, content: Uint8Array): AnonCredsSchema {
  const schema = read(content, parseSchema)
  if (schema?.issuerId !== name.issuerDid || schema.name !== name.name || schema.version !== name.version)
    throw invalid('schema', name.schemaId)
  return schema
}

function readDefinition(name: CredentialDefinitionName, content: Uint8Array): CredentialDefinition {
  const definition = read(content, parseCredentialDefinition)
  if (
    definition?.issuerId !== name.issuerDid ||
    definition.schemaId !== name.schema.schemaId ||
    definition.tag !== name.tag
  )
    throw invalid('credential definition', name.credDefId)
  return definition
}

function read<T>(content: Uint8Array, parse: (value: unknown) => T): T | undefined {
  try {
    return parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content)))
  } catch {
    return undefined
  }
}

function invalid(what: string, id: string): IssuerError {
  const code: ErrorCode = 'LEDGER_DATA_INVALID'
  return new IssuerError(code, {
    detail: `What stands on the ledger is not the ${what} of this id.`,
    facts: { id },
  })
}

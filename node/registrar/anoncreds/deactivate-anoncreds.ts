import { IssuerError } from '../../errors.ts'
import { eventRow } from '../../events/event.ts'
import { presentAct } from '../../request-context.ts'
import {
  resolveAnonCredsSchema,
  resolveCredentialDefinition,
} from '../../verification/anoncreds-resources.ts'
import { requireSchemaIssuer } from '../schema-issuer.ts'
import type { AnonCredsRegistrarDeps } from './anoncreds-registrar.ts'

type Deps = Pick<AnonCredsRegistrarDeps, 'ledger' | 'dids' | 'schemas' | 'definitions' | 'now'>

/**
 * Ends new definitions of a schema, and new credentials by it, for ever; what was issued still verifies.
 * @throws SCHEMA_NOT_FOUND, SCHEMA_DEACTIVATED, ISSUER_NOT_FOUND, ISSUER_DEACTIVATED, DELEGATION_ON_LEDGER_MISSING,
 *   CHAIN_UNREACHABLE, RELAYER_UNFUNDED
 */
export async function deactivateAnonCredsSchema(
  deps: Deps,
  { schemaId }: { schemaId: string },
): Promise<{ schemaId: string; transactionHash: string }> {
  const { head, schema } = await resolveAnonCredsSchema(deps.ledger, schemaId)
  await requireSchemaIssuer(deps, schema.issuerId)
  const data = { kind: 'anoncreds' }
  const event = eventRow({ type: 'schema.deactivated', subject: schemaId, data, at: deps.now() })
  const act = presentAct<{ transactionHash: string }>('deactivate an AnonCreds schema')
  if (!head.active) {
    await deps.schemas.deactivate(schemaId, event)
    // this request did it, and its answer was lost
    if (act?.outcome) return { schemaId, ...act.outcome }
    throw new IssuerError('SCHEMA_DEACTIVATED', { facts: { schemaId } })
  }
  const { transactionHash } = await deps.ledger.schemas.deactivate(head.key, {
    onSigned: async ({ hash }) => act?.note({ transactionHash: hash }),
  })
  await deps.schemas.deactivate(schemaId, event)
  return { schemaId, transactionHash }
}

/**
 * Ends offers and new credentials by a definition, for ever; it still resolves, and what was issued still verifies.
 * @throws CREDENTIAL_DEFINITION_NOT_FOUND, CREDENTIAL_DEFINITION_DEACTIVATED, ISSUER_NOT_FOUND, ISSUER_DEACTIVATED,
 *   DELEGATION_ON_LEDGER_MISSING, CHAIN_UNREACHABLE, RELAYER_UNFUNDED
 */
export async function deactivateDefinition(
  deps: Deps,
  { credDefId }: { credDefId: string },
): Promise<{ credDefId: string; transactionHash: string }> {
  const { head, credentialDefinition } = await resolveCredentialDefinition(deps.ledger, credDefId)
  await requireSchemaIssuer(deps, credentialDefinition.issuerId)
  const event = eventRow({ type: 'definition.deactivated', subject: credDefId, data: {}, at: deps.now() })
  const act = presentAct<{ transactionHash: string }>('deactivate a definition')
  if (!head.active) {
    await deps.definitions.deactivate(credDefId, event)
    // this request did it, and its answer was lost
    if (act?.outcome) return { credDefId, ...act.outcome }
    throw new IssuerError('CREDENTIAL_DEFINITION_DEACTIVATED', { facts: { credDefId } })
  }
  const { transactionHash } = await deps.ledger.definitions.deactivate(head.key, {
    onSigned: async ({ hash }) => act?.note({ transactionHash: hash }),
  })
  await deps.definitions.deactivate(credDefId, event)
  return { credDefId, transactionHash }
}

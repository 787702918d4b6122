import { IssuerError } from '../errors.ts'
import { eventRow } from '../events/event.ts'
import { presentAct } from '../request-context.ts'
import { requireLedgerSchema } from './get-schema.ts'
import type { SchemaDeps } from './registrar.ts'
import { requireSchemaIssuer } from './schema-issuer.ts'

/**
 * Ends issuance by a schema of an issuer of this node, for ever; what was issued still verifies.
 * @throws SCHEMA_NOT_FOUND, SCHEMA_DEACTIVATED, ISSUER_NOT_FOUND, ISSUER_DEACTIVATED, DELEGATION_ON_LEDGER_MISSING,
 * CHAIN_UNREACHABLE, RELAYER_UNFUNDED
 */
export async function deactivateSchema(
  deps: SchemaDeps,
  { schemaId: idOrAlias }: { schemaId: string },
): Promise<{ schemaId: string; transactionHash: string }> {
  const { schemaId, issuerDid, key, active } = await requireLedgerSchema(deps, idOrAlias)
  await requireSchemaIssuer(deps, issuerDid)
  const act = presentAct<{ transactionHash: string }>('deactivate a schema')
  const deactivated = (transactionHash: string | null) => {
    const data = { issuerDid, transactionHash }
    return eventRow({ type: 'schema.deactivated', subject: schemaId, data, at: deps.now() })
  }
  if (!active) {
    await deps.schemas.deactivate(schemaId, deactivated(act?.outcome?.transactionHash ?? null))
    // this request did it, and its answer was lost
    if (act?.outcome) return { schemaId, ...act.outcome }
    throw new IssuerError('SCHEMA_DEACTIVATED', { facts: { schemaId } })
  }
  try {
    const { transactionHash } = await deps.ledger.schemas.deactivate(key, {
      onSigned: async ({ hash }) => act?.note({ transactionHash: hash }),
    })
    await deps.schemas.deactivate(schemaId, deactivated(transactionHash))
    return { schemaId, transactionHash }
  } finally {
    deps.forget({ registry: 'schema', key })
  }
}

import { parseSchemaId } from '../ledger/resource-id.ts'
import type { SchemaDeps } from './registrar.ts'

/**
 * Makes good what an earlier process left between the database and the ledger: schemas that are there are taken over,
 * those that are not are forgotten (nobody was told of them, and the same call registers them again). Run it at the
 * start; it returns how many it looked at.
 * @throws CHAIN_UNREACHABLE
 */
export async function settleSchemas(deps: Pick<SchemaDeps, 'ledger' | 'schemas'>): Promise<number> {
  const pending = await deps.schemas.pending()
  for (const { schemaId, digest } of pending) {
    const name = parseSchemaId(schemaId)
    const onLedger = name && (await deps.ledger.schemas.get(name))
    if (onLedger?.digest === digest) await deps.schemas.markRegistered([schemaId])
    else await deps.schemas.removePending([schemaId])
  }
  return pending.length
}

import { defaultTenant } from '../request-context.ts'
import { builtInSchemas } from '../schemas/built-in/index.ts'
import { type BuiltSchema, buildSchema } from './build-schema.ts'
import { writeSchemas } from './register-schema.ts'
import type { SchemaDeps } from './registrar.ts'

/**
 * Registers the built-in schemas for the node's own DID, those that the ledger lacks in one transaction. An alias that
 * somebody else's schema has taken stays with it. Run `settleSchemas` before.
 * @throws CHAIN_UNREACHABLE, RELAYER_UNFUNDED
 */
export async function registerBuiltInSchemas(
  deps: SchemaDeps,
  { nodeDid }: { nodeDid: string },
): Promise<readonly string[]> {
  const absent: BuiltSchema[] = []
  const ids: string[] = []
  for (const { alias, ...schema } of builtInSchemas) {
    const taken = await deps.schemas.idOf(defaultTenant, alias)
    const built = buildSchema(deps, {
      ...schema,
      issuerDid: nodeDid,
      alias: taken === undefined ? alias : undefined,
    })
    ids.push(built.record.schemaId)
    if (!(await deps.ledger.schemas.state(built.ledgerName))) absent.push(built)
  }
  if (absent.length > 0) await writeSchemas(deps, absent)
  return ids
}

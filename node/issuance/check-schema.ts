import { IssuerError } from '../errors.ts'
import type { Address } from '../ledger/ledger.ts'
import type { OpenedSchema } from '../schemas/open-schema.ts'
import type { PipelineDeps } from './pipeline.ts'

/**
 * The schema of an id or alias, when the ledger has it, it is active, and the issuer may use it.
 * @throws SCHEMA_NOT_FOUND, SCHEMA_DEACTIVATED, SCHEMA_RESTRICTED, LEDGER_DATA_INVALID, CHAIN_UNREACHABLE
 */
export async function checkSchema(
  deps: Pick<PipelineDeps, 'facts' | 'schemaIdOf'>,
  input: { schemaId: string; issuer: Address | null },
): Promise<OpenedSchema> {
  const schemaId = input.schemaId.startsWith('did:') ? input.schemaId : await deps.schemaIdOf(input.schemaId)
  if (schemaId === undefined)
    throw new IssuerError('SCHEMA_NOT_FOUND', { facts: { schemaId: input.schemaId } })
  const schema = await deps.facts.schema(schemaId)
  const { active, restricted } = await deps.facts.schemaState(schema)
  if (!active) throw new IssuerError('SCHEMA_DEACTIVATED', { facts: { schemaId } })
  if (restricted && !(input.issuer && (await deps.facts.isAllowed(schema, input.issuer))))
    throw new IssuerError('SCHEMA_RESTRICTED', { facts: { schemaId } })
  return schema.opened
}

import { IssuerError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { LedgerSchema } from '../ledger/ledger.ts'
import { parseSchemaId } from '../ledger/resource-id.ts'
import { requestContext } from '../request-context.ts'
import { openSchema } from '../schemas/open-schema.ts'
import type { SchemaDeps } from './registrar.ts'

/** A schema as the ledger has it. Time: ISO 8601, UTC. */
export interface SchemaView {
  schemaId: string
  issuerDid: string
  name: string
  version: string
  type: string
  /** Its alias in this node. */
  alias: string | null
  /** SHA-256 of the content on the ledger, hex with 0x. */
  digest: string
  active: boolean
  restricted: boolean
  registeredAt: string
  jsonSchema: JsonObject
  contexts: { url: string; digest: string }[]
  /** The JSON Schema of whole credentials, which wraps it. */
  credentialSchema: JsonObject
}

/**
 * Reads a schema of this ledger by its id, whoever registered it, or by an alias of this node.
 * @throws SCHEMA_NOT_FOUND, SCHEMA_INVALID, LEDGER_DATA_INVALID, CHAIN_UNREACHABLE
 */
export async function getSchema(
  deps: Pick<SchemaDeps, 'ledger' | 'schemas'>,
  { id }: { id: string },
): Promise<SchemaView> {
  const schema = await requireLedgerSchema(deps, id)
  const { schemaId, issuerDid, name, version, digest, active, restricted, time, content } = schema
  const opened = openSchema({ schemaId, content, digest })
  const stored = await deps.schemas.get(schemaId)
  const alias = stored?.alias ?? null
  const isSeen = alias !== null && (await deps.schemas.idOf(requestContext().tenantId, alias)) === schemaId
  return {
    schemaId,
    issuerDid,
    name,
    version,
    type: opened.type,
    alias: isSeen ? alias : null,
    digest,
    active,
    restricted,
    registeredAt: time,
    jsonSchema: opened.jsonSchema,
    contexts: opened.contexts.map(({ url, digest: sri }) => ({ url, digest: sri })),
    credentialSchema: opened.credentialSchema.document,
  }
}

/**
 * Head and content of a schema, with its id and issuer.
 * @throws SCHEMA_NOT_FOUND, LEDGER_DATA_INVALID, CHAIN_UNREACHABLE
 */
export async function requireLedgerSchema(
  deps: Pick<SchemaDeps, 'ledger' | 'schemas'>,
  idOrAlias: string,
): Promise<LedgerSchema & { schemaId: string; issuerDid: string }> {
  const schemaId = (await deps.schemas.idOf(requestContext().tenantId, idOrAlias)) ?? idOrAlias
  const name = parseSchemaId(schemaId)
  const isOfLedger = name && deps.ledger.identityOf(name.issuerDid) === name.issuer
  const schema = isOfLedger ? await deps.ledger.schemas.get(name) : undefined
  if (!name || !schema) throw new IssuerError('SCHEMA_NOT_FOUND', { facts: { schemaId: idOrAlias } })
  return { ...schema, schemaId, issuerDid: name.issuerDid }
}

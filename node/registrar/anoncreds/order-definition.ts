import { IssuerError } from '../../errors.ts'
import { credentialDefinitionId, parseAnonCredsSchemaId } from '../../ledger/anoncreds-id.ts'
import type { Address } from '../../ledger/ledger.ts'
import { presentAct } from '../../request-context.ts'
import type { DefinitionRow } from '../../stores/anoncreds-definitions.ts'
import {
  definitionName,
  type ResolvedSchema,
  resolveAnonCredsSchema,
} from '../../verification/anoncreds-resources.ts'
import { requireSchemaIssuer } from '../schema-issuer.ts'
import type { AnonCredsRegistrarDeps } from './anoncreds-registrar.ts'
import { type DefinitionView, viewDefinition } from './definition-view.ts'
import { checkParts } from './register-anoncreds-schema.ts'
import { requireRevocation } from './revocation-support.ts'

/** A credential definition to be made. */
export interface DefinitionOrder {
  tenantId: string
  issuerDid: string
  schemaId: string
  tag: string
  isRevocable: boolean
}

/** Definitions of one tenant that may be on their way; each takes seconds of computation. */
const mostUnfinished = 16

/**
 * Orders a credential definition: everything that can be wrong is checked now, the key and the definition are made by
 * `makeDefinitions`. The same order again finds the first one.
 * @throws REVOCATION_UNSUPPORTED, MALFORMED_REQUEST, SCHEMA_NOT_FOUND, SCHEMA_DEACTIVATED, SCHEMA_RESTRICTED,
 *   ISSUER_NOT_FOUND, ISSUER_DEACTIVATED, DELEGATION_ON_LEDGER_MISSING, CREDENTIAL_DEFINITION_ALREADY_EXISTS, NODE_BUSY,
 *   CHAIN_UNREACHABLE
 */
export async function orderDefinition(
  deps: AnonCredsRegistrarDeps,
  order: DefinitionOrder,
): Promise<DefinitionView> {
  if (order.isRevocable) await requireRevocation()
  checkParts({ tag: order.tag })
  const { issuerDid, schemaId, tag, tenantId } = order
  const schema = await resolveAnonCredsSchema(deps.ledger, schemaId)
  const issuer = await requireSchemaIssuer(deps, issuerDid)
  const name = parseAnonCredsSchemaId(schemaId) as NonNullable<ReturnType<typeof parseAnonCredsSchemaId>>
  const credDefId = credentialDefinitionId(issuerDid, name, tag)
  const act = presentAct<true>('order a definition')
  const known = act?.outcome
    ? await deps.definitions.get(credDefId)
    : await ownOrder(deps, credDefId, tenantId)
  if (known) {
    await act?.note(true)
    deps.notify()
    return viewDefinition(known)
  }
  await checkUsable(deps, schema, issuer)
  if (await deps.ledger.definitions.state(definitionName(deps.ledger, { issuer, schema: name, tag })))
    throw alreadyExists(credDefId)
  if ((await deps.definitions.countUnfinished(tenantId)) >= mostUnfinished)
    throw new IssuerError('NODE_BUSY', {
      detail: `${mostUnfinished} credential definitions of yours are being made.`,
    })
  const row = {
    cred_def_id: credDefId,
    tenant_id: tenantId,
    issuer_did: issuerDid,
    schema_id: schemaId,
    tag,
    created_at: deps.now().toISOString(),
  }
  await deps.definitions.insert(row, act && ((trx) => act.note(true, trx)))
  deps.notify()
  const ordered = await ownOrder(deps, credDefId, tenantId)
  if (!ordered) throw alreadyExists(credDefId)
  return viewDefinition(ordered)
}

const alreadyExists = (credDefId: string): IssuerError =>
  new IssuerError('CREDENTIAL_DEFINITION_ALREADY_EXISTS', { facts: { credDefId } })

/** The same order, when it is on its way. @throws CREDENTIAL_DEFINITION_ALREADY_EXISTS when it has come to its end */
async function ownOrder(
  { definitions }: AnonCredsRegistrarDeps,
  credDefId: string,
  tenantId: string,
): Promise<DefinitionRow | undefined> {
  const row = await definitions.get(credDefId)
  if (!row || row.state === 'failed') return undefined
  if (row.state === 'registered' || row.tenant_id !== tenantId) throw alreadyExists(credDefId)
  return row
}

/** The ledger would refuse the definition after the minute that its key takes. */
async function checkUsable(
  { ledger }: AnonCredsRegistrarDeps,
  { head, schemaId }: ResolvedSchema,
  issuer: Address,
): Promise<void> {
  if (!head.active) throw new IssuerError('SCHEMA_DEACTIVATED', { facts: { schemaId } })
  if (head.restricted && !(await ledger.schemas.isAllowed(head.key, issuer)))
    throw new IssuerError('SCHEMA_RESTRICTED', { facts: { schemaId } })
}

import { IssuerError, type Violation } from '../errors.ts'
import { eventRow } from '../events/event.ts'
import type { Address } from '../ledger/ledger.ts'
import { presentAct } from '../request-context.ts'
import { requireLedgerSchema } from './get-schema.ts'
import type { SchemaDeps } from './registrar.ts'
import { requireSchemaIssuer } from './schema-issuer.ts'

/**
 * Allows issuers to use a restricted schema of an issuer of this node, or no longer.
 * @throws SCHEMA_NOT_FOUND, MALFORMED_REQUEST when the schema is open to all or a DID is no did:ethr of this registry,
 * ISSUER_NOT_FOUND, ISSUER_DEACTIVATED, DELEGATION_ON_LEDGER_MISSING, CHAIN_UNREACHABLE, RELAYER_UNFUNDED
 */
export async function allowIssuers(
  deps: SchemaDeps,
  input: { schemaId: string; issuerDids: readonly string[]; allowed: boolean },
): Promise<{ schemaId: string; transactionHash: string }> {
  const { schemaId, issuerDid, key, restricted } = await requireLedgerSchema(deps, input.schemaId)
  if (!restricted) {
    const detail =
      'The schema is open to all issuers: it was not registered as restricted, and never changes.'
    throw new IssuerError('MALFORMED_REQUEST', { detail, facts: { schemaId } })
  }
  const issuers = identities(deps, input.issuerDids)
  await requireSchemaIssuer(deps, issuerDid)
  const act = presentAct<{ transactionHash: string }>('allow issuers')
  try {
    const { allowed } = input
    const present =
      act?.outcome && (await Promise.all(issuers.map((one) => deps.ledger.schemas.isAllowed(key, one))))
    // this request did it, and its answer was lost
    if (act?.outcome && present?.every((state) => state === allowed)) return { schemaId, ...act.outcome }
    const { transactionHash } = await deps.ledger.schemas.setAllowed(
      { key, issuers, allowed },
      { onSigned: async ({ hash }) => act?.note({ transactionHash: hash }) },
    )
    const data = { allowed, issuerDids: [...input.issuerDids], transactionHash }
    await deps.schemas.note(
      eventRow({ type: 'schema.issuers_changed', subject: schemaId, data, at: deps.now() }),
    )
    return { schemaId, transactionHash }
  } finally {
    deps.forget({ registry: 'schema', key })
  }
}

function identities({ ledger }: Pick<SchemaDeps, 'ledger'>, dids: readonly string[]): Address[] {
  const found = [...new Set(dids)].map((did) => ledger.identityOf(did))
  const violations: Violation[] = dids.flatMap((did, index) => {
    const message = 'must be a did:ethr of this registry'
    return ledger.identityOf(did) ? [] : [{ pointer: `/issuerDids/${index}`, message }]
  })
  if (violations.length > 0) throw new IssuerError('MALFORMED_REQUEST', { violations })
  return found.filter((identity) => identity !== undefined)
}

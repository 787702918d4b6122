import { IssuerError } from '../errors.ts'
import type { CredentialFacts } from '../formats/format.ts'
import { asText, type JsonObject } from '../json.ts'
import { parseSchemaId } from '../ledger/resource-id.ts'
import type { Shown } from '../schemas/compile-validator.ts'
import { type OpenedSchema, openSchema } from '../schemas/open-schema.ts'
import { isUndecided } from './undecided.ts'
import type { Checks, VerificationDeps } from './verification.ts'

type Deps = Pick<VerificationDeps, 'ledger'>

/** What the ledger says of a credential's schema; `outage` is why it could not be asked. */
export interface SchemaFinding {
  result: Checks['schema']
  schema?: OpenedSchema
  outage?: IssuerError
}

/**
 * Whether the schema named in the credential is on the ledger, is the one that was meant (digest), may be used by the
 * issuer, and the claims match it, or as many as are shown. A deactivated schema still verifies: deactivation stops new issuance only.
 */
export async function checkSchema(
  deps: Deps,
  facts: CredentialFacts,
  shown: Shown = {},
): Promise<SchemaFinding> {
  const [reference, ...others] = facts.credentialSchema
  if (!reference) return unknown(null, 'The credential names no schema.')
  const schemaId = asText(reference.id)
  if (others.length > 0) return unknown(schemaId, 'The credential names more than one schema.')
  if (![reference.type].flat().includes('JsonSchema'))
    return unknown(schemaId, 'The schema is of a type that is not known.')
  const name = parseSchemaId(schemaId)
  if (!name || deps.ledger.identityOf(name.issuerDid) !== name.issuer) {
    return unknown(schemaId, 'The schema is not one of this ledger.')
  }
  try {
    return await checkOnLedger(deps, facts, { name, schemaId, reference, shown })
  } catch (error) {
    if (!(error instanceof IssuerError)) throw error
    if (isUndecided(error)) return { ...unknown(schemaId, error.message), outage: error }
    return fail(schemaId, error.message)
  }
}

async function checkOnLedger(
  { ledger }: Deps,
  facts: CredentialFacts,
  where: {
    name: NonNullable<ReturnType<typeof parseSchemaId>>
    schemaId: string
    reference: JsonObject
    shown: Shown
  },
): Promise<SchemaFinding> {
  const { name, schemaId, reference, shown } = where
  const found = await ledger.schemas.get(name)
  if (!found) return fail(schemaId, 'The schema is not in the registry.')
  const schema = openSchema({ schemaId, content: found.content, digest: found.digest })
  const refuse = (reason: string): SchemaFinding => ({ ...fail(schemaId, reason), schema })
  const { digestSRI } = reference
  if (digestSRI !== undefined && digestSRI !== schema.credentialSchema.reference.digestSRI) {
    return refuse('The schema on the ledger does not have the digest that the credential names.')
  }
  if (!facts.types.includes(schema.type))
    return refuse(`The credential is no ${schema.type}, as its schema says.`)
  if (found.restricted) {
    const issuer = ledger.identityOf(facts.issuer)
    if (!issuer || !(await ledger.schemas.isAllowed(found.key, issuer))) {
      return refuse('The schema is restricted and does not allow this issuer.')
    }
  }
  const [violation] = facts.subjects.flatMap(({ id: _, ...claims }) => schema.validateClaims(claims, shown))
  if (violation)
    return refuse(`The claims do not match the schema: ${violation.pointer} ${violation.message}.`)
  return { result: { status: 'pass', schemaId }, schema }
}

const unknown = (schemaId: string | null, reason: string): SchemaFinding => ({
  result: { status: 'unknown', schemaId, reason },
})

const fail = (schemaId: string, reason: string): SchemaFinding => ({
  result: { status: 'fail', schemaId, reason },
})

import { createCredentialOffer, parseCredentialOffer } from '../anoncreds/anoncreds.ts'
import { checkValues } from '../anoncreds/check-values.ts'
import type { CredentialDefinition } from '../anoncreds/credential-definition.ts'
import type { AnonCredsIssuer } from '../anoncreds/roles.ts'
import { BoundedCache } from '../bounded-cache.ts'
import { IssuerError } from '../errors.ts'
import type { DefinitionKeys } from '../keys/definition-keys.ts'
import { parseCredentialDefinitionId } from '../ledger/anoncreds-id.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { DefinitionRow, DefinitionStore } from '../stores/anoncreds-definitions.ts'
import { inThread } from '../threads/in-thread.ts'

/** What issuing AnonCreds credentials stands on. */
export interface AnonCredsIssuerDeps {
  ledger: Pick<Ledger, 'dids' | 'schemas' | 'definitions'>
  definitions: Pick<DefinitionStore, 'get'>
  keys: Pick<DefinitionKeys, 'open'>
}

/** A definition that is on the ledger. */
interface Registered extends DefinitionRow {
  key_ref: string
  content: string
  key_correctness_proof: string
}

const cachedDefinitions = 64

/** The issuer's side of an exchange. */
export function createAnonCredsIssuer(deps: AnonCredsIssuerDeps): AnonCredsIssuer {
  const opened = new BoundedCache<string, CredentialDefinition>(cachedDefinitions)
  const definitionOf = ({ cred_def_id, content }: Registered): CredentialDefinition => {
    const known = opened.get(cred_def_id) ?? (JSON.parse(content) as CredentialDefinition)
    opened.set(cred_def_id, known)
    return known
  }
  return {
    async createOffer(input) {
      const row = await requireDefinition(deps, input)
      await checkActive(deps, row)
      return createCredentialOffer({
        schemaId: row.schema_id,
        credentialDefinitionId: row.cred_def_id,
        keyCorrectnessProof: JSON.parse(row.key_correctness_proof),
      })
    },
    async checkValues({ values, ...input }) {
      const row = await requireDefinition(deps, input)
      checkValues(Object.keys(definitionOf(row).value.primary.r), values)
    },
    async createCredential({ tenantId, offer, request, values }) {
      const { cred_def_id: credDefId } = parseCredentialOffer(offer)
      const row = await requireDefinition(deps, { tenantId, credDefId })
      await checkActive(deps, row)
      const privateKey = await deps.keys.open(row.key_ref)
      try {
        const credentialDefinition = definitionOf(row)
        return await inThread('anoncreds', 'createCredential', {
          ...{ credentialDefinition, privateKey, offer, request, values },
        })
      } finally {
        privateKey.fill(0)
      }
    },
  }
}

/** @throws CREDENTIAL_DEFINITION_NOT_FOUND, CREDENTIAL_DEFINITION_PENDING */
async function requireDefinition(
  { definitions }: AnonCredsIssuerDeps,
  { tenantId, credDefId }: { tenantId: string; credDefId: string },
): Promise<Registered> {
  const row = await definitions.get(credDefId)
  const facts = { credDefId }
  if (row?.tenant_id !== tenantId || row.state === 'failed')
    throw new IssuerError('CREDENTIAL_DEFINITION_NOT_FOUND', { facts })
  if (row.state !== 'registered') throw new IssuerError('CREDENTIAL_DEFINITION_PENDING', { facts })
  return row as Registered
}

/**
 * Asks the ledger whether the issuer, the schema and the definition may still be issued from.
 * @throws ISSUER_DEACTIVATED, SCHEMA_DEACTIVATED, CREDENTIAL_DEFINITION_DEACTIVATED, CHAIN_UNREACHABLE
 */
async function checkActive({ ledger }: AnonCredsIssuerDeps, row: Registered): Promise<void> {
  const name = parseCredentialDefinitionId(row.cred_def_id)
  if (!name) throw new IssuerError('CREDENTIAL_DEFINITION_NOT_FOUND')
  const { issuer, schema, tag } = name
  const parentKey = ledger.schemas.keyOf(schema)
  const [isActive, schemaState, state] = await Promise.all([
    ledger.dids.isActive(issuer),
    ledger.schemas.state(schema),
    ledger.definitions.state({ kind: 'claim-def', issuer, parentKey, tag }),
  ])
  if (!isActive) throw new IssuerError('ISSUER_DEACTIVATED', { facts: { did: row.issuer_did } })
  if (!schemaState?.active)
    throw new IssuerError('SCHEMA_DEACTIVATED', { facts: { schemaId: row.schema_id } })
  if (!state?.active)
    throw new IssuerError('CREDENTIAL_DEFINITION_DEACTIVATED', { facts: { credDefId: row.cred_def_id } })
}

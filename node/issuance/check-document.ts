import { IssuerError } from '../errors.ts'
import type { CredentialFacts, Format } from '../formats/format.ts'
import type { JsonObject } from '../json.ts'
import type { Address } from '../ledger/ledger.ts'
import { parseSchemaId } from '../ledger/resource-id.ts'
import type { OpenedSchema } from '../schemas/open-schema.ts'
import type { DocumentLoader, Suite } from '../suites/suite.ts'
import { checkIssuer } from './check-issuer.ts'
import { checkKey } from './check-key.ts'
import { checkSchema } from './check-schema.ts'
import { chooseStatusEncodings } from './choose-status-encodings.ts'
import { chooseSuite } from './choose-suite.ts'
import type { DocumentDeps, DocumentRequest, DocumentTerms } from './document-terms.ts'

/**
 * Checks a whole document: data model, dates, issuer, key, the schemas of this ledger that it names, and that its
 * contexts define all it says.
 * @throws MALFORMED_REQUEST, EXPIRATION_INVALID, SCHEMA_VALIDATION_FAILED, and what the steps throw
 */
export async function checkDocument(deps: DocumentDeps, request: DocumentRequest): Promise<DocumentTerms> {
  const { document, purposes, mandatoryPointers } = request
  const facts = deps.readFacts(document)
  const validUntil = checkValidity(facts)
  const { issuer, ...found } = await checkIssuer(deps, {
    issuerDid: facts.issuer,
    registers: purposes.length > 0,
  })
  const keys = keysOf(request, found.keys)
  const { dataModel } = facts
  const suite = chooseSuite(deps, {
    proofType: request.proofType,
    contexts: [document['@context'] ?? []].flat(),
    derives: mandatoryPointers !== undefined,
    ...{ dataModel, keys },
  })
  if (mandatoryPointers && !suite.derive) throw pointersRefused(suite)
  const format = deps.formats.find(({ name }) => name === suite.format) as Format
  const key = await checkKey(deps, { ...found, suite, keys })
  const schemas = await checkSchemas(deps, facts, issuer.identity)
  const documentLoader = loaderOf(deps, facts.issuer, schemas)
  await deps.requireDefinedTerms(document, documentLoader)
  const [schema] = schemas
  return {
    ...{ facts, issuer, key, documentLoader, suite, format, dataModel, purposes },
    schema: { id: schema?.id ?? '', type: schema?.type ?? typeOf(facts) },
    statusEncodings: chooseStatusEncodings(deps, { format, dataModel, names: request.statusEncodings }),
    ...(validUntil && { validUntil }),
    ...(mandatoryPointers && { mandatoryPointers }),
  }
}

/** Credentials may be issued for the past (data model 2.0, 4.9), but not end before they begin. */
function checkValidity({ validFrom, validUntil }: CredentialFacts): Date | undefined {
  if (validUntil === undefined) return undefined
  const until = new Date(validUntil)
  if (validFrom !== undefined && until < new Date(validFrom)) throw new IssuerError('EXPIRATION_INVALID')
  return until
}

function keysOf<Key extends { verificationMethod: string }>(
  { verificationMethod }: DocumentRequest,
  keys: readonly Key[],
): readonly Key[] {
  if (verificationMethod === undefined) return keys
  const named = keys.filter((key) => key.verificationMethod === verificationMethod)
  if (named.length === 0) throw new IssuerError('ASSERTION_KEY_MISSING', { facts: { verificationMethod } })
  return named
}

const pointersRefused = ({ name }: Suite) =>
  new IssuerError('MALFORMED_REQUEST', {
    detail: `A credential of the proof type ${name} always reveals everything.`,
    violations: [{ pointer: '/options/mandatoryPointers', message: 'are for selective disclosure' }],
  })

const typeOf = ({ types }: CredentialFacts): string =>
  types.find((type) => type !== 'VerifiableCredential') ?? 'VerifiableCredential'

/** Schemas of this ledger that the document names, when its claims match them; others are for their verifiers. */
async function checkSchemas(
  deps: DocumentDeps,
  facts: CredentialFacts,
  issuer: Address | null,
): Promise<OpenedSchema[]> {
  const schemas: OpenedSchema[] = []
  for (const reference of facts.credentialSchema) {
    const name = parseSchemaId(String(reference.id))
    if (!name || deps.ledger.identityOf(name.issuerDid) !== name.issuer) continue
    const schema = await checkSchema(deps, { schemaId: String(reference.id), issuer })
    const violations = schemaViolations(schema, reference, facts)
    if (violations.length > 0) {
      throw new IssuerError('SCHEMA_VALIDATION_FAILED', { violations, facts: { schemaId: schema.id } })
    }
    schemas.push(schema)
  }
  return schemas
}

function schemaViolations(schema: OpenedSchema, reference: JsonObject, facts: CredentialFacts) {
  const { digestSRI } = reference
  const found = facts.subjects.flatMap(({ id: _, ...claims }) => [...schema.validateClaims(claims)])
  if (!facts.types.includes(schema.type)) {
    found.push({ pointer: '/type', message: `must hold ${schema.type}, as the schema says` })
  }
  if (digestSRI !== undefined && digestSRI !== schema.credentialSchema.reference.digestSRI) {
    found.push({ pointer: '/credentialSchema/digestSRI', message: 'is not the digest of the schema' })
  }
  return found
}

/** Contexts that the schemas pin or the issuer has registered, besides the bundled ones; nothing is fetched. */
function loaderOf(deps: DocumentDeps, issuerDid: string, schemas: readonly OpenedSchema[]): DocumentLoader {
  const pinned = new Map<string, JsonObject | undefined>(
    schemas.flatMap(({ contexts }) => contexts.map(({ url, document }) => [url, document] as const)),
  )
  return deps.documentLoader({
    extra: async (url) => pinned.get(url) ?? deps.registeredContext(issuerDid, url),
  })
}

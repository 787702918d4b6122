import { delegationType } from '../delegation/read-delegation.ts'
import { IssuerError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { StatusPurpose } from '../ledger/ledger.ts'
import type { OpenedSchema } from '../schemas/open-schema.ts'
import type { DataModel, DocumentLoader, Suite } from '../suites/suite.ts'
import { checkIssuer } from './check-issuer.ts'
import { checkKey } from './check-key.ts'
import { checkSchema } from './check-schema.ts'
import { chooseStatusEncodings } from './choose-status-encodings.ts'
import type { IssuanceTerms } from './issuance.ts'
import type { CheckedTerms, PipelineDeps } from './pipeline.ts'

type Deps = Pick<
  PipelineDeps,
  | 'ledger'
  | 'facts'
  | 'issuers'
  | 'keys'
  | 'schemaIdOf'
  | 'suites'
  | 'formats'
  | 'statusEncodings'
  | 'documentLoader'
  | 'now'
>

/**
 * Everything that the credentials of one request have in common, checked against the ledger in the order of the
 * flow: issuer, key, schema.
 * @throws PROOF_TYPE_UNSUPPORTED, DATA_MODEL_UNSUPPORTED, EXPIRATION_INVALID, and what the steps throw
 */
export async function checkTerms(deps: Deps, terms: IssuanceTerms): Promise<CheckedTerms> {
  const { suite, format } = chooseSuite(deps, terms.proofType)
  checkPointers(suite, terms)
  const dataModel = chooseDataModel(suite, terms.dataModel)
  const validity = checkValidity(terms, deps.now())
  const purposes = purposesOf(terms)
  const statusEncodings = chooseStatusEncodings(deps, { format, dataModel, names: terms.statusEncodings })
  const { issuer, ...found } = await checkIssuer(deps, {
    issuerDid: terms.issuerDid,
    registers: purposes.length > 0,
  })
  const key = await checkKey(deps, { suite, ...found })
  const schema = await checkSchema(deps, { schemaId: terms.schemaId, issuer: issuer.identity })
  checkLimits(suite, schema)
  const documentLoader = loaderOf(deps, schema)
  const common = { issuer, key, schema, documentLoader, suite, format, dataModel, purposes, statusEncodings }
  const { mandatoryPointers } = terms
  return { ...common, ...validity, ...(mandatoryPointers && { mandatoryPointers }) }
}

function chooseSuite(deps: Pick<Deps, 'suites' | 'formats'>, proofType: string) {
  const suite = deps.suites.find(({ name }) => name === proofType)
  const format = deps.formats.find(({ name }) => name === suite?.format)
  if (!suite || !format)
    throw new IssuerError('PROOF_TYPE_UNSUPPORTED', {
      facts: { proofType, supported: deps.suites.map(({ name }) => name).join(', ') },
    })
  return { suite, format }
}

/** Pointers that a suite ignored would promise a choice that holders do not have. */
function checkPointers(suite: Suite, { mandatoryPointers }: IssuanceTerms): void {
  if (mandatoryPointers === undefined || suite.derive) return
  throw new IssuerError('MALFORMED_REQUEST', {
    detail: `A credential of the proof type ${suite.name} always reveals everything.`,
    violations: [{ pointer: '/mandatoryPointers', message: 'are for proof types with selective disclosure' }],
  })
}

/** Who holds a delegation must not choose how much of its limits to show. */
function checkLimits(suite: Suite, { type }: OpenedSchema): void {
  if (!suite.derive || type !== delegationType) return
  const detail = `A delegation must have a proof that reveals everything, and ${suite.name} does not.`
  throw new IssuerError('DELEGATION_INVALID', { detail })
}

function chooseDataModel(suite: Suite, asked: DataModel | undefined): DataModel {
  const dataModel = asked ?? suite.dataModels[0]
  if (dataModel && suite.dataModels.includes(dataModel)) return dataModel
  throw new IssuerError('DATA_MODEL_UNSUPPORTED', {
    facts: { proofType: suite.name, dataModels: suite.dataModels.join(', ') },
  })
}

/** Dates in a credential have no fraction of a second, so it goes before they are compared. */
function checkValidity(terms: IssuanceTerms, now: Date): Pick<CheckedTerms, 'validFrom' | 'validUntil'> {
  const wholeSeconds = (date: Date) => new Date(Math.floor(date.getTime() / 1000) * 1000)
  const validFrom = wholeSeconds(terms.validFrom ?? now)
  if (!terms.expirationDate) return { validFrom }
  const validUntil = wholeSeconds(terms.expirationDate)
  if (validUntil <= validFrom || validUntil <= now) throw new IssuerError('EXPIRATION_INVALID')
  return { validFrom, validUntil }
}

function purposesOf(terms: IssuanceTerms): StatusPurpose[] {
  return [
    ...(terms.revocable ? (['revocation'] as const) : []),
    ...(terms.suspendable ? (['suspension'] as const) : []),
  ]
}

/**
 * Contexts as this schema pins them: the same URL may stand for other bytes in another schema. Each is loaded and
 * checked once a request, however many credentials are signed.
 */
function loaderOf(deps: Pick<Deps, 'documentLoader'>, schema: OpenedSchema): DocumentLoader {
  const documents = new Map<string, JsonObject | undefined>(
    schema.contexts.map(({ url, document }) => [url, document]),
  )
  const load = deps.documentLoader({ extra: async (url) => documents.get(url) })
  const loaded = new Map<string, ReturnType<DocumentLoader>>()
  return (url) => {
    const result = loaded.get(url) ?? load(url)
    loaded.set(url, result)
    return result
  }
}

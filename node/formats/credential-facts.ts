import { contextViolations } from '../documents/embedded-context.ts'
import { IssuerError, type Violation } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { W3cDataModel } from '../suites/suite.ts'
import { dataModelContexts } from './credential-document.ts'
import { credentialShapes } from './credential-shapes.ts'
import type { CredentialFacts } from './format.ts'

const pointer = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')

/** @throws MALFORMED_REQUEST always, with pointers that start at the credential */
function refuse(violations: readonly Violation[]): never {
  throw new IssuerError('MALFORMED_REQUEST', {
    detail: 'The credential is not well formed.',
    violations,
  })
}

function dataModelOf(document: JsonObject): W3cDataModel {
  const [first, ...others] = [document['@context'] ?? []].flat()
  const models = Object.entries(dataModelContexts) as [W3cDataModel, string][]
  const model = models.find(([, context]) => context === first)?.[0]
  if (!model) {
    return refuse([
      {
        pointer: '/@context',
        message: `must begin with ${models.map(([, context]) => context).join(' or ')}`,
      },
    ])
  }
  if (models.some(([, context]) => others.includes(context))) {
    return refuse([{ pointer: '/@context', message: 'must name one version of the data model, once' }])
  }
  return model
}

/**
 * The facts of a document of the W3C data model, of either version; whatever secures it is not looked at.
 * @throws MALFORMED_REQUEST with every violation, its pointer starting at the document
 */
export function readFacts(document: JsonObject): CredentialFacts {
  const dataModel = dataModelOf(document)
  const contexts = contextViolations(document)
  const parsed = credentialShapes[dataModel].safeParse(document)
  const violations = [
    ...contexts,
    ...(parsed.error?.issues ?? []).map(({ path, message }) => ({ pointer: pointer(path), message })),
  ]
  if (!parsed.success || violations.length > 0) return refuse(violations)
  const { id, type, issuer, validFrom, validUntil } = parsed.data
  // as they are written: a copy could read otherwise than what was signed
  const { credentialSubject, credentialStatus = [], credentialSchema = [] } = document
  return {
    dataModel,
    ...(id === undefined ? {} : { id }),
    types: type,
    issuer,
    subjects: [credentialSubject].flat() as JsonObject[],
    ...(validFrom === undefined ? {} : { validFrom }),
    ...(validUntil === undefined ? {} : { validUntil }),
    credentialStatus: [credentialStatus].flat() as JsonObject[],
    credentialSchema: [credentialSchema].flat() as JsonObject[],
  }
}

import * as z from 'zod'
import { contextViolations } from '../embedded-context.ts'
import { IssuerError, type Violation } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { W3cDataModel } from '../suites/suite.ts'
import { dataModelContexts } from './credential-document.ts'
import type { CredentialFacts } from './format.ts'

const maxItems = 64

/** One item or a list of them, as a list. */
const oneOrMany = <Item extends z.ZodType>(item: Item) =>
  z.union([z.array(item).min(1).max(maxItems), item.transform((value) => [value])])

/** An absolute URL (RFC 3986, 3.1: it begins with a scheme). */
const url = z
  .string()
  .max(2048)
  .regex(/^[a-z][a-z0-9+.-]*:\S+$/i, 'must be an absolute URL')
const dateTime = z.iso.datetime({ offset: true, error: 'must be a date and time with its offset' })
const types = oneOrMany(z.string().min(1).max(256))
const absent = z.undefined({ error: 'is not of this version of the data model' }).optional()

const common = {
  '@context': oneOrMany(z.unknown()),
  id: url.optional(),
  type: types.refine((list) => list.includes('VerifiableCredential'), {
    error: 'must hold VerifiableCredential',
  }),
  issuer: z.union([url, z.looseObject({ id: url }).transform(({ id }) => id)]),
  credentialSubject: oneOrMany(z.looseObject({ id: url.optional() })),
  credentialStatus: oneOrMany(z.looseObject({ id: url.optional(), type: types })).optional(),
  credentialSchema: oneOrMany(z.looseObject({ id: url, type: types })).optional(),
}

const documents = {
  '1.1': z
    .looseObject({ ...common, issuanceDate: dateTime, expirationDate: dateTime.optional() })
    .transform(({ issuanceDate, expirationDate, ...others }) => ({
      ...others,
      validFrom: issuanceDate as string | undefined,
      validUntil: expirationDate,
    })),
  '2.0': z.looseObject({
    ...common,
    validFrom: dateTime.optional(),
    validUntil: dateTime.optional(),
    issuanceDate: absent,
    expirationDate: absent,
  }),
} as const

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
  const parsed = documents[dataModel].safeParse(document)
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

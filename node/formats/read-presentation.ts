import * as z from 'zod'
import { contextViolations } from '../documents/embedded-context.ts'
import { IssuerError, type Violation } from '../errors.ts'
import type { Json, JsonObject } from '../json.ts'
import { dataModelContexts } from './credential-document.ts'
import { openEnvelope } from './enveloped-credential.ts'
import type { OpenedPresentation } from './presentation.ts'

type W3cModel = keyof typeof dataModelContexts

/** Each credential is checked in full. */
const maxPresentedCredentials = 16

/** An absolute URL (RFC 3986, 3.1: it begins with a scheme). */
const url = z
  .string()
  .max(2048)
  .regex(/^[a-z][a-z0-9+.-]*:\S+$/i, 'must be an absolute URL')

const oneOrMany = <Item extends z.ZodType>(item: Item, max: number) => {
  const message = `must not hold more than ${max}`
  return z.union([z.array(item).max(max, message), item.transform((value) => [value])])
}

const credential = z.union([z.record(z.string(), z.unknown()), z.string()], {
  error: 'must be a secured credential',
})

/** Members of a presentation (Verifiable Credentials Data Model 2.0, 4.13, and 1.1, 4.10). */
const presentation = z.looseObject({
  id: url.optional(),
  type: oneOrMany(z.string().min(1).max(256), 64).refine(
    (types) => types.includes('VerifiablePresentation'),
    {
      error: 'must hold VerifiablePresentation',
    },
  ),
  holder: z.union([url, z.looseObject({ id: url }).transform(({ id }) => id)]).optional(),
  verifiableCredential: oneOrMany(credential, maxPresentedCredentials).optional(),
})

const pointer = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')

/** @throws MALFORMED_REQUEST always, with pointers that start at the presentation */
function refuse(violations: readonly Violation[]): never {
  throw new IssuerError('MALFORMED_REQUEST', { detail: 'The presentation is not well formed.', violations })
}

function dataModelOf(document: JsonObject): W3cModel | undefined {
  const [first] = [document['@context'] ?? []].flat()
  const models = Object.entries(dataModelContexts) as [W3cModel, string][]
  return models.find(([, context]) => context === first)?.[0]
}

/** In data model 2.0 a presented credential is an object, never a bare token (4.13). */
function opened(item: Json, index: number, dataModel: W3cModel): Json {
  if (dataModel === '2.0' && typeof item === 'string') {
    const message = 'must be an object: a token goes into an EnvelopedVerifiableCredential'
    return refuse([{ pointer: `/verifiableCredential/${index}`, message }])
  }
  return openEnvelope(item) ?? item
}

/**
 * Understands the document of a presentation of the W3C data model, of either version; whatever secures it is not
 * looked at.
 * @throws MALFORMED_REQUEST with every violation, its pointer starting at the document
 */
export function readPresentation(
  document: JsonObject,
): Pick<OpenedPresentation, 'id' | 'holder' | 'credentials'> {
  const dataModel = dataModelOf(document)
  const parsed = presentation.safeParse(document)
  const violations = [
    ...(dataModel
      ? []
      : [{ pointer: '/@context', message: 'must begin with the context of a version of the data model' }]),
    ...contextViolations(document),
    ...(parsed.error?.issues ?? []).map(({ path, message }) => ({ pointer: pointer(path), message })),
  ]
  if (!parsed.success || !dataModel || violations.length > 0) return refuse(violations)
  const { id, holder } = parsed.data
  // as they are written: a copy could read otherwise than what was signed
  const credentials = [document.verifiableCredential ?? []].flat() as Json[]
  return {
    ...(id !== undefined && { id }),
    ...(holder !== undefined && { holder }),
    credentials: credentials.map((item, index) => opened(item, index, dataModel)),
  }
}

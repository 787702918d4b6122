import * as z from 'zod'

const maxItems = 64

/** One item or a list of them, as a list. */
const oneOrMany = <Item extends z.ZodType>(item: Item) =>
  z.union([z.array(item).min(1).max(maxItems), item.transform((value) => [value])])

/** An absolute URL (RFC 3986, 3.1: it begins with a scheme). */
const url = z
  .string()
  .max(2048)
  .regex(/^[a-z][a-z0-9+.-]*:\S+$/i, 'must be an absolute URL')

/** xsd:dateTimeStamp: seconds and an offset are always there. */
const dateTime = z.iso
  .datetime({ offset: true, error: 'must be a date and time with its offset' })
  .regex(/T\d\d:\d\d:\d\d/, 'must be a date and time with seconds')
const types = oneOrMany(z.string().min(1).max(256))
const absent = z.undefined({ error: 'is not of this version of the data model' }).optional()

/** Objects that say what they are (Verifiable Credentials Data Model 2.0, 4.5), which `id` may name. */
const typed = z.looseObject({ id: url.optional(), type: types })

/** Text, or text with its language and direction and nothing else (Verifiable Credentials Data Model 2.0, 11.1). */
const text = z.union([
  z.string(),
  z.strictObject({
    '@value': z.string(),
    '@language': z.string().max(64).optional(),
    '@direction': z.enum(['ltr', 'rtl']).optional(),
  }),
])
const texts = z.union([text, z.array(text).min(1).max(maxItems)], {
  error: 'must be text, or text with its language',
})

const issuerWith = (members: z.ZodRawShape) =>
  z.union([url, z.looseObject({ id: url, ...members }).transform(({ id }) => id as string)])

const subject = z.looseObject({ id: url.optional() }).refine((claims) => Object.keys(claims).length > 0, {
  error: 'must claim something',
})

const mediaType = z
  .string()
  .max(256)
  .regex(/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(\s*;.*)?$/, 'must be a media type')

const resource = z
  .looseObject({
    id: url,
    mediaType: mediaType.optional(),
    digestSRI: z.string().max(1024).optional(),
    digestMultibase: z.string().max(1024).optional(),
  })
  .refine(({ digestSRI, digestMultibase }) => digestSRI !== undefined || digestMultibase !== undefined, {
    error: 'must have a digestSRI or a digestMultibase',
  })

const common = {
  '@context': oneOrMany(z.unknown()),
  id: url.optional(),
  type: types
    .refine((list) => list.includes('VerifiableCredential'), { error: 'must hold VerifiableCredential' })
    .refine((list) => !list.includes('VerifiablePresentation'), { error: 'must not be a presentation too' }),
  credentialSubject: oneOrMany(subject),
  credentialStatus: oneOrMany(typed).optional(),
  credentialSchema: oneOrMany(z.looseObject({ id: url, type: types })).optional(),
  evidence: oneOrMany(typed).optional(),
  termsOfUse: oneOrMany(typed).optional(),
}

/** What a credential has to look like, by version of the data model; validity comes out under the names of 2.0. */
export const credentialShapes = {
  '1.1': z
    .looseObject({
      ...common,
      issuer: issuerWith({}),
      issuanceDate: dateTime,
      expirationDate: dateTime.optional(),
      refreshService: oneOrMany(z.looseObject({ id: url, type: types })).optional(),
    })
    .transform(({ issuanceDate, expirationDate, ...others }) => ({
      ...others,
      validFrom: issuanceDate as string | undefined,
      validUntil: expirationDate,
    })),
  '2.0': z
    .looseObject({
      ...common,
      issuer: issuerWith({ name: texts.optional(), description: texts.optional() }),
      name: texts.optional(),
      description: texts.optional(),
      validFrom: dateTime.optional(),
      validUntil: dateTime.optional(),
      issuanceDate: absent,
      expirationDate: absent,
      refreshService: oneOrMany(typed).optional(),
      relatedResource: oneOrMany(resource)
        .refine((list) => new Set(list.map(({ id }) => id)).size === list.length, {
          error: 'must name each resource once',
        })
        .optional(),
    })
    .refine(
      ({ validFrom, validUntil }) =>
        !validFrom || !validUntil || Date.parse(validFrom) <= Date.parse(validUntil),
      { path: ['validUntil'], error: 'must not be before validFrom' },
    ),
} as const

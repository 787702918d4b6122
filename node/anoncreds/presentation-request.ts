import * as z from 'zod'
import { natural } from './integer.ts'
import { parse } from './parse.ts'
import { isRestrictions, type Restrictions } from './restrictions.ts'

const attributeName = z.string().min(1).max(256)
const interval = z
  .looseObject({ from: z.number().optional(), to: z.number().optional() })
  .nullable()
  .optional()
const int32 = z
  .number()
  .int()
  .min(-(2 ** 31))
  .max(2 ** 31 - 1)
const maxReferents = 64

const restrictions = z
  .custom<Restrictions>(isRestrictions, { error: 'must be restrictions with known tags and operators' })
  .optional()

const requestedAttribute = z
  .looseObject({
    name: attributeName.optional(),
    names: z.array(attributeName).min(1).max(125).optional(),
    restrictions,
    non_revoked: interval,
  })
  .refine(({ name, names }) => (name === undefined) !== (names === undefined), {
    error: 'must have either name or names',
  })

const requestedPredicate = z.looseObject({
  name: attributeName,
  p_type: z.enum(['>=', '>', '<=', '<']),
  p_value: int32,
  restrictions,
  non_revoked: interval,
})

const referents = <Item extends z.ZodType>(item: Item) =>
  z.record(z.string().min(1).max(256), item).refine((record) => Object.keys(record).length <= maxReferents, {
    error: `must have at most ${maxReferents} entries`,
  })

const presentationRequestDocument = z
  .looseObject({
    name: z.string().max(256),
    version: z.string().max(64),
    nonce: natural.max(32),
    requested_attributes: referents(requestedAttribute).default({}),
    requested_predicates: referents(requestedPredicate).default({}),
    non_revoked: interval,
  })
  .refine(
    ({ requested_attributes, requested_predicates }) =>
      Object.keys(requested_attributes).length + Object.keys(requested_predicates).length > 0,
    { error: 'must ask for an attribute or a predicate' },
  )

/** A presentation request (AnonCreds specification, Presentation Request). The verifier takes its nonce back once. */
export type PresentationRequest = z.infer<typeof presentationRequestDocument>

export type PredicateType = PresentationRequest['requested_predicates'][string]['p_type']

/** @throws MALFORMED_REQUEST, also for a predicate whose value is no integer of 32 bits */
export const parsePresentationRequest = (value: unknown): PresentationRequest =>
  parse(presentationRequestDocument, value, 'presentation request')

/** The names an entry of `requested_attributes` asks for. */
export function namesOf(attribute: PresentationRequest['requested_attributes'][string]): readonly string[] {
  return attribute.names ?? [attribute.name as string]
}

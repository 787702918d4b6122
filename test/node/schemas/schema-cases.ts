import fc from 'fast-check'
import type { Json, JsonObject } from '../../../node/json.ts'
import { deriveContext } from '../../../node/schemas/derive-context.ts'
import { schemaId } from './credential-quads.ts'

/** A schema and values that fit it. */
interface Sample {
  schema: JsonObject
  values: fc.Arbitrary<Json>
}

const date = fc
  .date({ min: new Date('1900-01-01'), max: new Date('2200-01-01'), noInvalidDate: true })
  .map((value) => value.toISOString())
const text = fc.string({ unit: 'grapheme', maxLength: 12 })
const decimal = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => Number(value.toPrecision(16))),
)

const leaves: readonly Sample[] = [
  { schema: { type: 'string' }, values: text },
  { schema: { type: 'integer' }, values: fc.maxSafeInteger() },
  { schema: { type: 'number' }, values: decimal },
  { schema: { type: 'boolean' }, values: fc.boolean() },
  { schema: { type: 'string', format: 'date' }, values: date.map((value) => value.slice(0, 10)) },
  { schema: { type: 'string', format: 'date-time' }, values: date },
  {
    schema: { type: 'string', format: 'uri' },
    values: fc.oneof(
      fc.webUrl({ withFragments: true, withQueryParameters: true }),
      fc
        .nat()
        .map((n) => n.toString(16))
        .map((hex) => `did:ethr:0x1:0x${hex}#k`),
      fc.uuid().map((uuid) => `urn:uuid:${uuid}`),
      fc
        .nat()
        .map((n) => n.toString(16))
        .map((hex) => `name:${hex}`),
    ),
  },
  { schema: { enum: ['Bachelor', 'Master', 'PhD'] }, values: fc.constantFrom('Bachelor', 'Master', 'PhD') },
  { schema: { enum: [1, 'one', true] }, values: fc.constantFrom<Json>(1, 'one', true) },
  {
    schema: { type: ['string', 'integer'] },
    values: fc.oneof(text, fc.maxSafeInteger(), fc.nat().map(String)),
  },
  { schema: { type: ['number', 'string', 'null'] }, values: fc.oneof(decimal, text, fc.constant(null)) },
  {
    schema: { type: 'object' },
    values: fc.dictionary(text.filter(fits), fc.jsonValue({ maxDepth: 2 })) as fc.Arbitrary<Json>,
  },
  {
    schema: { type: 'array' },
    values: fc.array(fc.jsonValue({ maxDepth: 1 }), { maxLength: 12 }) as fc.Arbitrary<Json>,
  },
  { schema: {}, values: fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json> },
]

function fits(name: string): boolean {
  return name !== '__proto__'
}

const names = fc.oneof(
  fc.constantFrom(
    'type',
    'id',
    'name',
    'description',
    'issuer',
    'domain',
    'degree',
    'value',
    'status',
    'a.b',
  ),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }).filter(fits),
)

const sample = fc.letrec<{ sample: Sample; object: Sample }>((tie) => ({
  sample: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.constantFrom(...leaves),
    tie('object') as fc.Arbitrary<Sample>,
    (tie('sample') as fc.Arbitrary<Sample>).map(({ schema, values }) => ({
      schema: { type: 'array', items: schema },
      values: fc.array(values, { maxLength: 12 }),
    })),
  ),
  object: fc
    .dictionary(names, tie('sample') as fc.Arbitrary<Sample>, { minKeys: 1, maxKeys: 4 })
    .map((members) => objectOf(members)),
}))

function objectOf(members: Record<string, Sample>): Sample {
  const properties = Object.fromEntries(Object.entries(members).map(([name, { schema }]) => [name, schema]))
  const values = Object.fromEntries(Object.entries(members).map(([name, member]) => [name, member.values]))
  return {
    schema: { type: 'object', properties, additionalProperties: false },
    values: fc.record(values, { requiredKeys: [] }) as fc.Arbitrary<Json>,
  }
}

/** Schemas that can be registered, each with two claims that fit it. */
export const schemaCases = sample.object.chain(({ schema, values }) =>
  fc.record({ jsonSchema: fc.constant(schema), one: values, other: values }),
)

/** Whether a context can be derived from a schema. */
export function derivable(jsonSchema: JsonObject): boolean {
  try {
    deriveContext({ schemaId, type: 'TestCredential', jsonSchema })
    return true
  } catch {
    return false
  }
}

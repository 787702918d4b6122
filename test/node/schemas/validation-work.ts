import assert from 'node:assert/strict'
import type { Json, JsonObject } from '../../../node/json.ts'
import { compileValidator } from '../../../node/schemas/compile-validator.ts'
import { parseJsonSchema } from '../../../node/schemas/json-schema.ts'

const many = <Item>(count: number, item: (i: number) => Item): Item[] =>
  Array.from({ length: count }, (_, i) => item(i))
const text = (length: number) => many(length, (i) => ((i * i) % 7 < 3 ? 'a' : 'b')).join('')
const onList = (items: JsonObject): JsonObject => ({
  type: 'object',
  properties: { list: { type: 'array', ...items } },
})

/** Schemas and claims within every limit that together would take seconds to hours, or gigabytes. */
const bombs: Record<string, { schema: JsonObject; claims: JsonObject }> = {
  'alternatives that all fail for thousands of elements': {
    schema: onList({ items: { anyOf: many(1_900, () => ({ type: 'null' })) } }),
    claims: { list: many(4_900, () => 'x') },
  },
  'long names of thousands of members': {
    schema: { type: 'object', propertyNames: { allOf: many(1_900, () => ({ maxLength: 1 })) } },
    claims: Object.fromEntries(many(4_900, (i) => [`name${i}`, 1])),
  },
  'thousands of required members of thousands of objects': {
    schema: onList({ items: { type: 'object', required: many(5_000, (i) => `r${i}`) } }),
    claims: { list: many(4_900, () => ({})) },
  },
  'elements compared with each other again and again': {
    schema: onList({ allOf: many(1_900, () => ({ uniqueItems: true })) }),
    claims: { list: many(2_450, (i) => ({ i })) },
  },
  'one long enumeration, named often': {
    schema: {
      ...onList({ items: { allOf: many(900, () => ({ $ref: '#/$defs/codes' })) } }),
      $defs: { codes: { enum: many(4_000, (i) => i) } },
    },
    claims: { list: many(4_900, () => 3_999) },
  },
  'a pattern with very many states on a long text': {
    schema: { type: 'object', properties: { text: { type: 'string', pattern: '(a|b){0,900}a(a|b){90}c' } } },
    claims: { text: text(250_000) },
  },
  'a format checked again and again': {
    schema: onList({ items: { type: 'string', allOf: many(600, () => ({ format: 'uri' })) } }),
    claims: { list: many(120, () => `http://${'a'.repeat(2_000)}`) },
  },
}

describe('the work of validation', () => {
  for (const [name, { schema, claims }] of Object.entries(bombs)) {
    it(`is refused where it would be too much: ${name}`, () => {
      const validate = compileValidator(parseJsonSchema(schema))
      const message = 'are too many or too long for their schema: it would take too much time'
      assert.deepEqual(validate(claims, '/claims'), [{ pointer: '/claims', message }])
    })
  }

  it('is enough for the largest claims of a schema as schemas are', () => {
    const unique = onList({ uniqueItems: true, items: { type: 'string', minLength: 1 } })
    const distinct = { list: many(4_900, (i): Json => `${i}`) }
    assert.deepEqual(compileValidator(parseJsonSchema(unique))(distinct, '/claims'), [])
    const countries = onList({ items: { type: 'string', enum: many(250, (i) => `country-${i}`) } })
    const visited = { list: many(4_900, (i): Json => `country-${i % 250}`) }
    assert.deepEqual(compileValidator(parseJsonSchema(countries))(visited, '/claims'), [])
    const words = {
      type: 'object',
      properties: { text: { type: 'string', pattern: '^[a-z]{1,3}(-[a-z]+)*$' } },
    }
    const claim = { text: `abc${'-abc'.repeat(60_000)}` }
    assert.deepEqual(compileValidator(parseJsonSchema(words))(claim, '/claims'), [])
  })

  it('is counted anew for each value', () => {
    const schema = { type: 'object', properties: { text: { type: 'string', pattern: '^(a|b){0,300}$' } } }
    const validate = compileValidator(parseJsonSchema(schema))
    for (const _ of many(200, (i) => i)) assert.deepEqual(validate({ text: text(300) }, '/claims'), [])
  })

  it('of compiling does not grow with how often a schema is named', () => {
    const properties = Object.fromEntries(many(300, (i) => [`p${i}`, { type: 'string' }]))
    const schema = {
      type: 'object',
      properties: Object.fromEntries(many(1_600, (i) => [`p${i}`, { $ref: '#/$defs/part' }])),
      $defs: { part: { type: 'object', properties } },
    }
    const [violation] = compileValidator(parseJsonSchema(schema))({ p7: { p8: 1 } }, '/claims')
    assert.deepEqual(violation, { pointer: '/claims/p7/p8', message: 'must be a string' })
  })

  it('is bounded for references in a row, each element starting again', () => {
    const $defs = Object.fromEntries(
      many(1_900, (i): [string, JsonObject] => [
        `d${i}`,
        i === 1_899 ? { items: { $ref: '#/$defs/d0' } } : { $ref: `#/$defs/d${i + 1}` },
      ]),
    )
    assert.throws(() => parseJsonSchema({ $ref: '#/$defs/d0', $defs }), { code: 'SCHEMA_INVALID' })
  })
})

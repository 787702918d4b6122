import assert from 'node:assert/strict'
import type { JsonObject } from '../../../node/json.ts'
import { builtInSchemas } from '../../../node/schemas/built-in/index.ts'
import { deriveContext } from '../../../node/schemas/derive-context.ts'
import { hexDigest, jcsBytes, sriDigest } from '../../../node/schemas/digest.ts'
import { type OpenedSchema, openSchema } from '../../../node/schemas/open-schema.ts'
import { serializeSchemaDocument } from '../../../node/schemas/schema-document.ts'
import { schemaId } from './credential-quads.ts'

function open(jsonSchema: JsonObject, type = 'TestCredential'): OpenedSchema {
  const { document } = deriveContext({ schemaId, type, jsonSchema })
  const contexts = [{ url: 'https://node/c.jsonld', digest: sriDigest(jcsBytes(document)) }]
  const content = serializeSchemaDocument({ type, contexts, jsonSchema })
  return openSchema({ schemaId, content, digest: hexDigest(content) })
}

const object = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({
  type: 'object',
  properties,
  ...more,
})
const pointers = (schema: OpenedSchema, claims: JsonObject) =>
  schema.validateClaims(claims).map(({ pointer }) => pointer)

describe('openSchema', () => {
  it('derives the context that the ledger names by its digest', () => {
    const jsonSchema = object({ a: { type: 'string' } })
    const [context] = open(jsonSchema).contexts
    assert.deepEqual(
      context?.document,
      deriveContext({ schemaId, type: 'TestCredential', jsonSchema }).document,
    )
  })

  it('leaves a context that it cannot derive to its digest', () => {
    const content = serializeSchemaDocument({
      type: 'TestCredential',
      contexts: [{ url: 'https://w3id.org/x', digest: sriDigest(jcsBytes({})) }],
      jsonSchema: object({ a: { type: 'string' } }, { additionalProperties: true }),
    })
    const schema = openSchema({ schemaId, content, digest: hexDigest(content) })
    assert.equal(schema.contexts[0]?.document, undefined)
    assert.deepEqual(pointers(schema, { a: 'x', more: 1 }), [])
  })

  it('refuses content that is no schema document, or whose context is not its digest', () => {
    const jsonSchema = object({ a: { type: 'string' } })
    const other = { url: 'u', digest: sriDigest(jcsBytes({})), document: { '@context': {} } }
    const bad = [
      Buffer.from('no JSON'),
      Buffer.from([0xff]),
      jcsBytes({ type: 'T' }),
      jcsBytes({ type: 'T', contexts: [], jsonSchema, more: 1 }),
      serializeSchemaDocument({ type: 'T', contexts: [other], jsonSchema }),
      serializeSchemaDocument({
        type: 'T',
        contexts: [{ url: 'u', digest: other.digest }],
        jsonSchema: { $ref: 'https://example.org' },
      }),
    ]
    for (const content of bad) {
      assert.throws(() => openSchema({ schemaId, content, digest: hexDigest(content) }), {
        code: 'SCHEMA_INVALID',
      })
    }
  })

  it('reports every violation of claims with its pointer, in plain words', () => {
    const degree = object(
      { name: { type: 'string', minLength: 2 }, year: { type: 'integer', minimum: 1900 }, university: true },
      { required: ['name', 'year', 'university'], additionalProperties: false },
    )
    const schema = open(
      object(
        {
          degree,
          born: { type: 'string', format: 'date' },
          'a~c': { type: 'string' },
          level: { enum: ['low', 'high'] },
          tags: { type: 'array', items: { type: 'string' }, uniqueItems: true },
        },
        { required: ['degree', 'level'] },
      ),
    )
    const claims = {
      degree: { name: 'x', year: '2020', extra: 1 },
      born: '2020-02-30',
      'a~c': 5,
      tags: ['a', 1, 'a'],
      unknown: 1,
    }
    const found = Object.fromEntries(
      schema.validateClaims(claims).map(({ pointer, message }) => [pointer, message]),
    )
    assert.deepEqual(found, {
      '/claims/level': 'is required',
      '/claims/degree/name': 'must have at least 2 characters',
      '/claims/degree/year': 'must be an integer',
      '/claims/degree/university': 'is required',
      '/claims/degree/extra': 'is not a member that the schema allows',
      '/claims/born': 'must have the format date',
      '/claims/a~0c': 'must be a string',
      '/claims/tags': 'must not hold an element twice: 0 and 2 are equal',
      '/claims/tags/1': 'must be a string',
      '/claims/unknown': 'is not a member that the schema names',
    })
  })

  it('does not take what an object inherits for its members', () => {
    const jsonSchema = object({ inner: object({}, { required: ['toString'], additionalProperties: true }) })
    const schema = open(jsonSchema)
    assert.deepEqual(pointers(schema, { inner: {} }), ['/claims/inner/toString'])
    assert.deepEqual(pointers(schema, JSON.parse('{"inner":{"toString":1,"__proto__":{"a":1}}}')), [
      '/claims/inner/__proto__',
    ])
    assert.deepEqual(pointers(schema, JSON.parse('{"__proto__":{"inner":{}}}')), ['/claims/__proto__'])
    assert.deepEqual(pointers(schema, { constructor: 1 } as never), ['/claims/constructor'])
  })

  it('refuses the id of the subject among the claims', () => {
    assert.deepEqual(pointers(open(object({ a: { type: 'string' } })), { id: 'did:key:z6Mk' }), [
      '/claims/id',
    ])
  })

  it('refuses numbers that the canonical form would change', () => {
    const schema = open(
      object({ n: { type: 'number' }, i: { type: 'integer' }, u: { type: ['integer', 'string'] } }),
    )
    assert.deepEqual(pointers(schema, { n: 3.8, i: 2 ** 53 - 1, u: 7 }), [])
    assert.deepEqual(pointers(schema, { n: 0.1 + 0.2, i: 2 ** 53, u: 1e21 }), [
      '/claims/n',
      '/claims/i',
      '/claims/u',
    ])
  })

  it('refuses values that fit the schema in a branch that their term does not know', () => {
    const jsonSchema = object(
      { kind: { type: 'string' } },
      { anyOf: [{ properties: { x: { type: 'string' } } }, { properties: { kind: { const: 'b' } } }] },
    )
    assert.deepEqual(pointers(open(jsonSchema), { kind: 'b', x: { deep: 1 } }), ['/claims/x'])
  })

  it('bounds claims in size, depth and number', () => {
    const schema = open(object({ free: { type: 'object' }, text: { type: 'string' } }))
    const deep = JSON.parse(`${'{"a":'.repeat(20)}{}${'}'.repeat(20)}`)
    assert.equal(schema.validateClaims({ free: deep }).length, 1)
    assert.deepEqual(pointers(schema, { text: 'x'.repeat(300_000) }), ['/claims'])
    assert.deepEqual(pointers(schema, { free: { list: Array.from({ length: 6_000 }, () => 1) } }), [
      '/claims',
    ])
    assert.deepEqual(pointers(schema, { text: 'a\udc00' }), ['/claims/text'])
  })

  it('matches patterns in linear time', () => {
    const schema = open(object({ a: { type: 'string', pattern: '^(([a-z])+.)+[A-Z]([a-z])+$' } }))
    assert.deepEqual(pointers(schema, { a: 'a'.repeat(20_000) }), ['/claims/a'])
  })

  it('tells patterns of one schema apart', () => {
    const schema = open(
      object({ a: { pattern: '^a$' }, b: { pattern: '^b$' }, c: { pattern: '^\\p{Lu}\\d$' } }),
    )
    assert.deepEqual(pointers(schema, { a: 'a', b: 'b', c: 'Ä1' }), [])
    assert.deepEqual(pointers(schema, { a: 'b', b: 'a', c: 'a1' }), ['/claims/a', '/claims/b', '/claims/c'])
  })

  for (const { name, type, jsonSchema } of builtInSchemas) {
    it(`opens the built-in schema ${name}`, () => {
      assert.equal(open(jsonSchema, type).type, type)
      assert.ok(open(jsonSchema, type).validateClaims({}).length > 0)
    })
  }

  it("accepts IDA's examples", () => {
    const [degree] = builtInSchemas
    const delegation = builtInSchemas[5]
    const education = open(degree.jsonSchema, degree.type)
    const claims = {
      degree: {
        type: 'BachelorDegree',
        name: 'Bachelor of Science in Computer Science',
        university: 'MIT',
        graduationYear: 2025,
        gpa: 3.8,
      },
    }
    assert.deepEqual(education.validateClaims(claims), [])
    const agent = {
      delegator: 'did:adi:human001',
      delegate: 'did:adi:agent:7f3a',
      scope: ['purchase-groceries', 'compare-prices'],
      constraints: { maxSpendPerWeek: 200, authorizedMerchants: ['FreshMart', 'OrganicCo'] },
      maxDepth: 1,
    }
    assert.deepEqual(open(delegation.jsonSchema, delegation.type).validateClaims(agent), [])
  })
})

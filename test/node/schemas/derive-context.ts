import assert from 'node:assert/strict'
import { IssuerError } from '../../../node/errors.ts'
import type { Json, JsonObject } from '../../../node/json.ts'
import { deriveContext } from '../../../node/schemas/derive-context.ts'
import { jcsBytes } from '../../../node/schemas/digest.ts'
import { envelopeTerms, refusedTerms, sharedTerms } from '../../../node/schemas/reserved-terms.ts'
import { bundledContexts } from '../../../node/suites/contexts/bundled-contexts.ts'
import { credentialQuads, dataModels, expandedSubject, proofQuads, schemaId } from './credential-quads.ts'

const object = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({
  type: 'object',
  properties,
  ...more,
})

const terms = (jsonSchema: JsonObject, type = 'TestCredential'): JsonObject =>
  deriveContext({ schemaId, type, jsonSchema }).document['@context'] as JsonObject

const refused = (jsonSchema: JsonObject, type = 'TestCredential') => {
  try {
    deriveContext({ schemaId, type, jsonSchema })
  } catch (error) {
    assert.ok(error instanceof IssuerError)
    assert.equal(error.code, 'SCHEMA_INVALID')
    return error.violations.map(({ pointer }) => pointer)
  }
  throw new Error('it was not refused')
}

const degreeSchema = object({
  degree: object({
    type: { enum: ['BachelorDegree', 'MasterDegree'] },
    name: { type: 'string' },
    university: { type: 'string' },
    graduationYear: { type: 'integer' },
    gpa: { type: 'number' },
  }),
})

describe('deriveContext', () => {
  it('makes each claim a protected term under the id of the schema', () => {
    const context = terms(object({ given: { type: 'string' }, 'second name': { type: 'string' } }))
    assert.equal(context['@protected'], true)
    assert.deepEqual(context.given, { '@id': `${schemaId}#given` })
    assert.deepEqual(context['second name'], { '@id': `${schemaId}#second%20name` })
    assert.deepEqual(context.TestCredential, { '@id': `${schemaId}#TestCredential` })
  })

  it('types integers, numbers, booleans, dates and references', () => {
    const xsd = 'http://www.w3.org/2001/XMLSchema#'
    const context = terms(
      object(
        {
          a: { type: 'integer' },
          b: { type: 'number' },
          c: { type: 'boolean' },
          d: { type: 'string', format: 'date' },
          e: { type: 'string', format: 'date-time' },
          f: { type: 'string', format: 'uri' },
          g: { type: ['string', 'integer'] },
          h: { $ref: '#/$defs/day', description: 'a day' },
        },
        { $defs: { day: { type: 'string', format: 'date' } } },
      ),
    )
    const types = Object.fromEntries(
      'abcdefgh'.split('').map((name) => [name, (context[name] as JsonObject)['@type']]),
    )
    assert.deepEqual(types, {
      a: `${xsd}integer`,
      b: `${xsd}double`,
      c: `${xsd}boolean`,
      d: `${xsd}date`,
      e: `${xsd}dateTime`,
      f: '@id',
      g: undefined,
      h: `${xsd}date`,
    })
  })

  it('depends on nothing but its input, and not on the order of members', () => {
    const turned = object({
      b: { type: 'string' },
      a: object({ y: { type: 'string' }, x: { type: 'string' } }),
    })
    const straight = object({
      a: object({ x: { type: 'string' }, y: { type: 'string' } }),
      b: { type: 'string' },
    })
    assert.deepEqual(jcsBytes(terms(turned)), jcsBytes(terms(straight)))
  })

  it('gives nested objects contexts of their own, that know nothing else', () => {
    const [nothing, inner] = (terms(degreeSchema).degree as JsonObject)['@context'] as [null, JsonObject]
    assert.equal(nothing, null)
    assert.deepEqual(inner.name, { '@id': `${schemaId}#degree/name` })
    assert.equal(inner.type, '@type')
    assert.deepEqual(inner.MasterDegree, { '@id': `${schemaId}#degree/type/MasterDegree` })
  })

  for (const dataModel of dataModels) {
    describe(`in credentials of data model ${dataModel}`, () => {
      it("canonicalises IDA's degree with its nested type, and keeps each value", async () => {
        const degree = {
          type: 'MasterDegree',
          name: 'Law',
          university: 'MIT',
          graduationYear: 2025,
          gpa: 3.8,
        }
        const quads = await credentialQuads({ jsonSchema: degreeSchema, claims: { degree }, dataModel })
        const of = `<${schemaId}#degree/`
        assert.ok(quads.includes(`rdf-syntax-ns#type> ${of}type/MasterDegree>`))
        assert.ok(quads.includes(`${of}name> "Law"`))
        assert.ok(quads.includes(`${of}graduationYear> "2025"^^<http://www.w3.org/2001/XMLSchema#integer>`))
        assert.ok(quads.includes(`${of}gpa> "3.8E0"^^<http://www.w3.org/2001/XMLSchema#double>`))
      })

      it('keeps a nested id and a free nested type as they are', async () => {
        const jsonSchema = object({ item: object({ id: { type: 'string' }, type: { type: 'string' } }) })
        const claims = { item: { id: 'no IRI', type: 'no IRI either' } }
        const quads = await credentialQuads({ jsonSchema, claims, dataModel })
        assert.ok(quads.includes(`<${schemaId}#item/id> "no IRI"`))
        assert.ok(quads.includes(`<${schemaId}#item/type> "no IRI either"`))
      })

      it('keeps an object inside one of the same name', async () => {
        const jsonSchema = object({
          part: object({ part: object({ part: { type: 'string' }, n: { type: 'string' } }) }),
        })
        const claims = { part: { part: { part: 'x', n: 'deep' } } }
        assert.ok((await credentialQuads({ jsonSchema, claims, dataModel })).includes('deep'))
      })

      it('keeps arrays in order and with repetitions, however long', async () => {
        const jsonSchema = object({
          tags: { type: 'array', items: { type: 'string' } },
          rows: { type: 'array', items: object({ n: { type: 'integer' } }) },
        })
        const tags = Array.from({ length: 200 }, () => 'x')
        const rows = Array.from({ length: 200 }, () => ({ n: 1 }))
        const quads = await credentialQuads({ jsonSchema, claims: { tags, rows }, dataModel })
        const literal = JSON.stringify(JSON.stringify(tags))
        assert.ok(quads.includes(`${literal}^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON>`))
        const turned = await credentialQuads({
          jsonSchema,
          claims: { tags, rows: [...rows.slice(1), { n: 2 }] },
          dataModel,
        })
        assert.notEqual(quads, turned)
      })

      it('keeps free objects, null, recursive members and mixtures as JSON literals', async () => {
        const jsonSchema = object(
          {
            free: { type: 'object' },
            open: object({ a: { type: 'string' } }, { additionalProperties: true }),
            nothing: { type: ['string', 'null'] },
            node: { $ref: '#/$defs/node' },
            mixed: { anyOf: [{ type: 'string' }, object({ a: { type: 'string' } })] },
            any: true,
            small: { type: ['string', 'number'] },
          },
          { $defs: { node: object({ value: { type: 'string' }, next: { $ref: '#/$defs/node' } }) } },
        )
        const claims = {
          free: { constructor: 1, '': [null] },
          open: { a: 'a', b: 2 },
          nothing: null,
          node: { value: 'v', next: { value: 'w' } },
          mixed: { a: 'x' },
          any: [[1], null],
          small: 1e-7,
        }
        const quads = await credentialQuads({ jsonSchema, claims, dataModel })
        for (const value of [
          claims.free,
          claims.open,
          null,
          { value: 'w' },
          claims.mixed,
          claims.any,
          1e-7,
        ]) {
          const literal = JSON.stringify(new TextDecoder().decode(jcsBytes(value as Json)))
          assert.ok(quads.includes(`${literal}^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON>`), literal)
        }
      })

      it('lets claims bear the names that credentials, proofs and status entries use', async () => {
        const names = [...envelopeTerms]
        const jsonSchema = object(Object.fromEntries(names.map((name) => [name, { type: 'string' }])))
        const claims = Object.fromEntries(names.map((name) => [name, `claim ${name}`]))
        const quads = await credentialQuads({ jsonSchema, claims, dataModel })
        for (const name of names) assert.ok(quads.includes(`<${schemaId}#${name}> "claim ${name}"`), name)
        assert.ok(quads.includes('<https://www.w3.org/ns/credentials/status#statusPurpose> "revocation"'))
        for (const proof of await proofQuads({ jsonSchema, claims, dataModel })) {
          assert.ok(proof.includes('<https://w3id.org/security#challenge> "abc"'))
        }
      })

      it('gives claims that the credentials context defines its meaning', async () => {
        const names = [...sharedTerms.keys()]
        const jsonSchema = object(Object.fromEntries(names.map((name) => [name, { type: 'string' }])))
        const claims = Object.fromEntries(names.map((name) => [name, `claim ${name}`]))
        const quads = await credentialQuads({ jsonSchema, claims, dataModel })
        for (const name of names) assert.ok(quads.includes(`"claim ${name}"`), name)
        assert.match(quads, /<https:\/\/schema\.org\/name> "claim name"/)
      })

      it('lets nested members bear any of those names', async () => {
        const names = [...envelopeTerms, ...refusedTerms, ...sharedTerms.keys()]
        const jsonSchema = object({
          inner: object(Object.fromEntries(names.map((name) => [name, { type: 'string' }]))),
        })
        const claims = { inner: Object.fromEntries(names.map((name) => [name, `claim ${name}`])) }
        const quads = await credentialQuads({ jsonSchema, claims, dataModel })
        for (const name of names) assert.ok(quads.includes(`"claim ${name}"`), name)
      })

      it('makes classes of a type of the subject with known names', async () => {
        const jsonSchema = object({ type: { const: 'Person' }, age: { type: 'integer' } })
        const subject = await expandedSubject({ jsonSchema, claims: { type: 'Person', age: 4 }, dataModel })
        assert.deepEqual(subject['@type'], [`${schemaId}#type/Person`])
      })
    })
  }

  it('takes what every branch of a schema names', () => {
    // As text: an object literal with a member `then` looks like a promise to linters.
    const jsonSchema = JSON.parse(`{
      "properties": { "kind": { "enum": ["a", "b"] } },
      "allOf": [{ "$ref": "#/$defs/more" }],
      "oneOf": [
        { "properties": { "kind": { "const": "a" }, "x": { "type": "string" } } },
        { "properties": { "kind": { "const": "b" }, "y": { "type": "integer" } } }
      ],
      "if": { "properties": { "kind": { "const": "a" } } },
      "then": { "properties": { "z": { "type": "boolean" } } },
      "$defs": { "more": { "properties": { "w": { "type": "string", "format": "date" } } } }
    }`)
    const { claims } = deriveContext({ schemaId, type: 'TestCredential', jsonSchema })
    assert.deepEqual([...claims.properties.keys()], ['kind', 'w', 'x', 'y', 'z'])
  })

  it('refuses claims that no term can stand for', () => {
    assert.deepEqual(refused(object({ id: { type: 'string' } })), ['/jsonSchema/properties/id'])
    assert.deepEqual(refused(object({ proof: { type: 'string' } })), ['/jsonSchema/properties/proof'])
    assert.deepEqual(refused(object({ name: { type: 'array', items: { type: 'string' } } })), [
      '/jsonSchema/properties/name',
    ])
    assert.deepEqual(refused(object({ type: { type: 'string' } })), ['/jsonSchema/properties/type'])
    assert.deepEqual(refused(object({ type: { enum: ['age'] }, age: { type: 'integer' } })), [
      '/jsonSchema/properties/type',
    ])
    for (const name of ['@id', 'a:b', 'a/b', 'constructor', '__proto__', 'hasOwnProperty']) {
      assert.deepEqual(refused(object(JSON.parse(`{${JSON.stringify(name)}: {"type": "string"}}`))), [
        '/jsonSchema',
      ])
    }
  })

  it('refuses claims without an end of their list', () => {
    const a = { a: { type: 'string' } }
    assert.deepEqual(refused(object(a, { additionalProperties: true })), ['/jsonSchema'])
    assert.deepEqual(refused(object(a, { patternProperties: { '^x': { type: 'string' } } })), ['/jsonSchema'])
    assert.deepEqual(refused(object(a, { allOf: [{ unevaluatedProperties: { type: 'string' } }] })), [
      '/jsonSchema',
    ])
    assert.deepEqual(refused({ type: 'object' }), ['/jsonSchema'])
    assert.deepEqual(refused({ type: 'array', items: { type: 'string' } }), ['/jsonSchema'])
  })

  it('refuses a type that is no name, a claim, or a term of credentials', () => {
    const jsonSchema = object({ a: { type: 'string' } })
    for (const type of [
      '',
      'a b',
      'a',
      'VerifiableCredential',
      'proof',
      'issuer',
      'name',
      'constructor',
      'type',
    ]) {
      assert.deepEqual(refused(jsonSchema, type), ['/type'], type)
    }
  })

  it('refuses schemas whose references would multiply into thousands of terms', () => {
    const $defs = Object.fromEntries(
      Array.from({ length: 14 }, (_, level) => [
        `d${level}`,
        level === 13
          ? { type: 'string' }
          : object({
              [`l${level}`]: { $ref: `#/$defs/d${level + 1}` },
              [`r${level}`]: { $ref: `#/$defs/d${level + 1}` },
            }),
      ]),
    )
    assert.deepEqual(refused(object({ top: { $ref: '#/$defs/d0' } }, { $defs })), ['/jsonSchema'])
  })

  it('refuses an id that is no IRI', () => {
    assert.throws(
      () =>
        deriveContext({ schemaId: 'did:ethr:0xaa/schema/a>b/1', type: 'T', jsonSchema: object({ a: true }) }),
      { code: 'SCHEMA_INVALID' },
    )
  })

  it('knows every term that the bundled contexts protect', () => {
    const known = new Set([...refusedTerms, ...sharedTerms.keys(), 'type'])
    const urls = [
      'https://www.w3.org/2018/credentials/v1',
      'https://www.w3.org/ns/credentials/v2',
      'https://www.w3.org/ns/credentials/status/v1',
      'https://w3id.org/security/suites/ed25519-2020/v1',
      'https://w3id.org/security/data-integrity/v2',
    ]
    for (const url of urls) {
      const context = bundledContexts.get(url)?.['@context'] as JsonObject
      const unknown = Object.keys(context).filter((term) => !term.startsWith('@') && !known.has(term))
      assert.deepEqual(unknown, [], url)
    }
  })
})

import assert from 'node:assert/strict'
import { IssuerError } from '../../../node/errors.ts'
import { builtInSchemas } from '../../../node/schemas/built-in/index.ts'
import { parseJsonSchema } from '../../../node/schemas/json-schema.ts'

function violations(schema: unknown): { pointer: string; message: string }[] {
  try {
    parseJsonSchema(schema)
    return []
  } catch (error) {
    assert.ok(error instanceof IssuerError)
    assert.equal(error.code, 'SCHEMA_INVALID')
    assert.ok(error.violations.length > 0)
    return [...error.violations]
  }
}

const pointers = (schema: unknown): string[] => violations(schema).map(({ pointer }) => pointer)

describe('parseJsonSchema', () => {
  it('accepts the built-in schemas, and what JSON Schema 2020-12 has', () => {
    for (const { jsonSchema } of builtInSchemas) assert.deepEqual(violations(jsonSchema), [])
    const schema = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: 'https://example.org/schemas/person.json',
      type: 'object',
      properties: {
        tree: { $ref: '#/$defs/tree' },
        pair: { prefixItems: [{ type: 'string' }, true], items: false },
      },
      dependentRequired: { tree: ['pair'] },
      $defs: {
        tree: { properties: { left: { $ref: '#/$defs/tree' }, right: { $ref: '#/$defs/tree' } } },
      },
    }
    assert.deepEqual(violations(schema), [])
  })

  it('names each misspelt keyword and each unknown format', () => {
    const schema = {
      type: 'object',
      properties: {
        a: { type: 'string', maxlength: 3 },
        b: { type: 'string', format: 'dat' },
        c: { nullable: true },
      },
      requird: ['a'],
    }
    assert.deepEqual(pointers(schema), [
      '/jsonSchema/requird',
      '/jsonSchema/properties/a/maxlength',
      '/jsonSchema/properties/b/format',
      '/jsonSchema/properties/c/nullable',
    ])
  })

  it('names each value that the meta schema refuses', () => {
    assert.deepEqual(pointers({ type: 'objekt' }), ['/jsonSchema/type'])
    assert.deepEqual(pointers({ required: 'a', properties: { a: { minLength: -1 } } }), [
      '/jsonSchema/properties/a/minLength',
      '/jsonSchema/required',
    ])
  })

  it('refuses what is not an object, and other drafts', () => {
    for (const schema of [null, true, [], 'x', 4, undefined])
      assert.deepEqual(pointers(schema), ['/jsonSchema'])
    assert.deepEqual(pointers({ $schema: 'http://json-schema.org/draft-07/schema#' }), [
      '/jsonSchema/$schema',
    ])
  })

  it('refuses references that lead out of the schema or to no schema', () => {
    for (const $ref of [
      'https://example.org/x.json',
      'file:///etc/passwd',
      'other.json#/a',
      '#anchor',
      '#/$defs/none',
      '#/properties',
      '#/__proto__',
      '#/%zz',
    ]) {
      const schema = { properties: { a: { $ref } } }
      assert.deepEqual(pointers(schema), ['/jsonSchema/properties/a/$ref'], $ref)
    }
    for (const keyword of ['$anchor', '$dynamicRef', '$dynamicAnchor', '$vocabulary']) {
      assert.ok(
        pointers({ properties: { a: { [keyword]: 'a' } } }).includes(`/jsonSchema/properties/a/${keyword}`),
      )
    }
  })

  it('refuses references without end', () => {
    assert.deepEqual(pointers({ $ref: '#' }), ['/jsonSchema'])
    const $defs = { a: { allOf: [{ $ref: '#/$defs/b' }] }, b: { anyOf: [{ $ref: '#/$defs/a' }, true] } }
    assert.match(
      violations({ properties: { x: { $ref: '#/$defs/a' } }, $defs })[0]?.message ?? '',
      /without end/,
    )
  })

  it('refuses references that multiply', () => {
    const doubling = Object.fromEntries(
      Array.from({ length: 30 }, (_, level) => [
        `d${level}`,
        level === 29 ? {} : { allOf: [{ $ref: `#/$defs/d${level + 1}` }, { $ref: `#/$defs/d${level + 1}` }] },
      ]),
    )
    assert.match(violations({ $ref: '#/$defs/d0', $defs: doubling })[0]?.message ?? '', /multiply/)
    const twice = { properties: { child: { allOf: [{ $ref: '#' }, { $ref: '#' }] } } }
    assert.match(violations(twice)[0]?.message ?? '', /multiply/)
  })

  it('refuses patterns that no linear engine takes', () => {
    for (const pattern of ['(?=a)b', '(a)\\1', '(', 'a{100000}', 'x'.repeat(1_001)]) {
      assert.deepEqual(pointers({ properties: { a: { type: 'string', pattern } } }), [
        '/jsonSchema/properties/a/pattern',
      ])
    }
    assert.deepEqual(pointers({ patternProperties: { '(?!a)': true } }), [
      '/jsonSchema/patternProperties/(?!a)',
    ])
  })

  it('refuses what is too large, too deep or has too many parts', () => {
    assert.match(violations({ description: 'x'.repeat(65_536) })[0]?.message ?? '', /65536 bytes/)
    const deep = JSON.parse(`${'{"not":'.repeat(2_000)}{}${'}'.repeat(2_000)}`)
    assert.match(violations(deep)[0]?.message ?? '', /deeper than 40/)
    const wide = { anyOf: Array.from({ length: 2_500 }, () => ({})) }
    assert.match(violations(wide)[0]?.message ?? '', /2000 schemas/)
    assert.match(
      violations({ enum: Array.from({ length: 12_000 }, (_, i) => i) })[0]?.message ?? '',
      /10000 values/,
    )
  })

  it('refuses members that mean something to JavaScript, and text without UTF-8', () => {
    assert.deepEqual(pointers(JSON.parse('{"properties":{"__proto__":{"type":"string"}}}')), [
      '/jsonSchema/properties/__proto__',
    ])
    assert.deepEqual(pointers({ title: '\ud800' }), ['/jsonSchema/title'])
  })
})

import assert from 'node:assert/strict'
import type { JsonObject } from '../../../node/json.ts'
import { compileValidator } from '../../../node/schemas/compile-validator.ts'

/** Messages for claims of which some may be concealed. */
const judge = (jsonSchema: JsonObject, claims: JsonObject, mayConceal = true) =>
  compileValidator(jsonSchema)(claims, '/claims', { mayConceal }).map(({ pointer }) => pointer)

describe('claims of which a part is shown', () => {
  const schema = {
    type: 'object',
    properties: {
      name: { type: 'string' },
      required: { type: 'integer' },
      address: { type: 'object', properties: { street: { type: 'string' } }, required: ['street', 'city'] },
      list: { type: 'array', items: { type: 'integer' }, minItems: 2 },
      kind: { enum: ['a', 'b'] },
      whole: { const: { a: 1, b: 2 } },
    },
    required: ['name', 'required', 'address'],
    additionalProperties: false,
    minProperties: 2,
  }

  it('lack what is concealed', () => {
    for (const claims of [{}, { address: {} }, { list: [1] }, { whole: { a: 1 } }, { name: 'x' }]) {
      assert.deepEqual(judge(schema, claims as JsonObject), [])
      assert.notDeepEqual(judge(schema, claims as JsonObject, false), [])
    }
  })

  it('fit where they are shown', () => {
    const wrong: [JsonObject, string][] = [
      [{ name: 7 }, '/claims/name'],
      [{ required: 'x' }, '/claims/required'],
      [{ address: { street: 1 } }, '/claims/address/street'],
      [{ list: ['x'] }, '/claims/list/0'],
      [{ kind: 'c' }, '/claims/kind'],
      [{ other: 1 }, '/claims/other'],
    ]
    for (const [claims, pointer] of wrong) assert.deepEqual(judge(schema, claims), [pointer])
  })

  it('may fail a branch that hangs on what is concealed', () => {
    const choice = {
      oneOf: [{ properties: { kind: { const: 'a' } }, required: ['kind'] }, { required: ['other'] }],
      if: { required: ['x'] },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { properties: { y: { type: 'string' } } },
      else: { properties: { y: { type: 'integer' } } },
    }
    assert.deepEqual(judge(choice, { y: 'text' }), [])
    assert.notDeepEqual(judge(choice, { y: 'text' }, false), [])
  })
})

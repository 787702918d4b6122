import assert from 'node:assert/strict'
import { IssuerError } from '../../../node/errors.ts'
import { parseJsonBody } from '../../../node/protocols/json-body.ts'

function refusalOf(text: string): IssuerError {
  try {
    parseJsonBody(text)
  } catch (error) {
    assert.ok(error instanceof IssuerError)
    assert.equal(error.code, 'MALFORMED_REQUEST')
    return error
  }
  return assert.fail(`accepted ${text.slice(0, 80)}`)
}

describe('parseJsonBody', () => {
  it('parses what JSON.parse parses', () => {
    for (const value of [null, 1, 'a"\\', [], {}, { a: [{ a: 1 }, { a: 2 }], b: { a: '{"a":1,"a":2}' } }]) {
      assert.deepEqual(parseJsonBody(JSON.stringify(value)), value)
    }
    assert.equal(parseJsonBody(' '), undefined)
  })

  it('refuses what is not JSON', () => {
    for (const text of ['{', '{a:1}', '[1,]', 'undefined', '{"a":1}x']) refusalOf(text)
  })

  it('lists every duplicate name with its pointer, however it is written', () => {
    const { violations } = refusalOf(String.raw`{"a":1,"b":[{"c":{},"c":2},{"d/e":1,"d\/e":2}],"\u0061":3}`)
    assert.deepEqual(
      violations.map(({ pointer }) => pointer),
      ['/b/0/c', '/b/1/d~1e', '/a'],
    )
  })

  it('refuses names that poison objects', () => {
    assert.equal(refusalOf('{"a":{"__proto__":{"admin":true}}}').violations[0]?.pointer, '/a/__proto__')
    refusalOf(String.raw`{"__proto\u005f_":1}`)
  })

  it('refuses deep nesting', () => {
    parseJsonBody('['.repeat(64) + ']'.repeat(64))
    refusalOf('['.repeat(65) + ']'.repeat(65))
    refusalOf(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`)
  })

  it('takes long runs of escapes in its stride', () => {
    parseJsonBody(`{"a":"${'\\\\'.repeat(1_000_000)}","b":"${String.raw`\"`.repeat(1_000_000)}"}`)
  })
})

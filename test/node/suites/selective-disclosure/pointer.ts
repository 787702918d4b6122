import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { JsonObject } from '../../../../node/json.ts'
import { leadsTo, parsePointer } from '../../../../node/suites/selective-disclosure/pointer.ts'

describe('JSON pointers for selective disclosure', () => {
  it('are read as RFC 6901, 5 says', () => {
    for (const [pointer, tokens] of [
      ['', []],
      ['/foo/0', ['foo', '0']],
      ['/', ['']],
      ['/a~1b', ['a/b']],
      ['/m~0n', ['m~n']],
      ['/~01', ['~1']],
      ['/ ', [' ']],
    ] as const) {
      assert.deepEqual(parsePointer(pointer), tokens)
    }
    for (const wrong of ['a', '#/a', '/~', '/~2', 'a/b']) assert.equal(parsePointer(wrong), undefined, wrong)
  })

  it('lead to every own member, by its escaped name', () => {
    const token = fc.string({ minLength: 1 }).filter((name) => !(name in Object.prototype))
    fc.assert(
      fc.property(fc.array(token, { minLength: 1, maxLength: 4 }), (tokens) => {
        fc.pre(tokens[0] !== 'proof' && !tokens.includes('@context'))
        const pointer = tokens.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
        const document = tokens.reduceRight<JsonObject | number>((value, name) => ({ [name]: value }), 1)
        assert.ok(leadsTo(document as JsonObject, pointer), pointer)
        assert.ok(!leadsTo(document as JsonObject, `${pointer}/x`))
      }),
    )
  })

  it('lead to nothing that every object has, even where a document has it', () => {
    const document = JSON.parse('{"constructor": {"prototype": {"a": 1}}, "__proto__": 1, "list": [1]}')
    for (const pointer of [
      '/constructor',
      '/constructor/prototype/a',
      '/__proto__',
      '/list/length',
      '/list/-',
    ]) {
      assert.ok(!leadsTo(document, pointer), pointer)
    }
    assert.ok(leadsTo(document, '/list/0'))
  })
})

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { jsonPointer } from '../../../../node/protocols/rest/fields.ts'
import { pointerMembers, pointerTo } from '../../../../node/schemas/json-pointer.ts'

describe('jsonPointer', () => {
  const accepts = (text: string) => jsonPointer.safeParse(text).success

  it('accepts the pointer of every list of names, and no other text', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 20 }), { maxLength: 10 }), (names) => {
        const pointer = names.reduce<string>(pointerTo, '')
        assert.ok(accepts(pointer))
        assert.deepEqual(pointerMembers(pointer), names)
      }),
    )
    fc.assert(
      fc.property(fc.string({ maxLength: 50 }), (text) => {
        const isPointer = pointerMembers(text).reduce<string>(pointerTo, '') === text
        assert.equal(accepts(text), isPointer)
      }),
      { examples: [['/~'], ['/~2'], ['~0'], ['a/b'], [''], ['/'], ['//'], ['/~01']] },
    )
  })

  it('refuses what is too long, in no time', () => {
    assert.ok(!accepts(`/${'a'.repeat(1_024)}`))
    assert.ok(!accepts(`${'/a'.repeat(500_000)}~`))
  })
})

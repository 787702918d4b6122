import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { encodeAttribute, normaliseName, normaliseNames } from '../../../node/anoncreds/attribute.ts'
import { withCode } from './party.ts'

describe('attributes of AnonCreds', () => {
  it('encodes 32-bit integers as themselves, as Rust reads them', () => {
    const integers = [
      ['0', '0'],
      ['-0', '0'],
      ['+5', '5'],
      ['007', '7'],
      ['-28', '-28'],
      ['2147483647', '2147483647'],
      ['-2147483648', '-2147483648'],
      [`${'0'.repeat(300)}7`, '7'],
    ]
    for (const [raw, encoded] of integers) assert.equal(encodeAttribute(raw as string), encoded)
  })

  it('encodes everything else as its SHA-256', () => {
    const texts = [
      '',
      ' ',
      '2147483648',
      '-2147483649',
      '1.0',
      '1e3',
      ' 1',
      '1 ',
      '٣',
      '--1',
      '+',
      '0x10',
      'None',
    ]
    const hashed = (raw: string) => BigInt(`0x${createHash('sha256').update(raw).digest('hex')}`).toString()
    for (const raw of texts) assert.equal(encodeAttribute(raw), hashed(raw))
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (raw) => {
        fc.pre(!/^[+-]?\d+$/.test(raw))
        assert.equal(encodeAttribute(raw), hashed(raw))
      }),
    )
    // Aries RFC 0592, encoding of claims: the empty text and an address
    assert.equal(
      encodeAttribute('101 Wilson Lane'),
      '68086943237164982734333428280784300550565381723532936263016368251445461241953',
    )
    assert.equal(
      encodeAttribute(''),
      '102987336249554097029535212322581322789799900648198034993379397001115665086549',
    )
  })

  it('normalises names and refuses those that then collide', () => {
    assert.equal(normaliseName('Birth  Date'), 'birthdate')
    assert.deepEqual(normaliseNames(['b', 'A a']), ['aa', 'b'])
    for (const names of [['a', 'A'], ['a b', 'ab'], ['Master_Secret'], ['master _secret']])
      assert.throws(() => normaliseNames(names), withCode('MALFORMED_REQUEST'))
  })
})

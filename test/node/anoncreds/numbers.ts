import assert from 'node:assert/strict'
import fc from 'fast-check'
import { fourSquares } from '../../../node/anoncreds/four-squares.ts'
import { fromBytes, minimalBytes } from '../../../node/anoncreds/integer.ts'
import { openIssuerGroup } from '../../../node/anoncreds/issuer-key.ts'
import { inverse, openGroup } from '../../../node/anoncreds/modular.ts'
import { reference } from './party.ts'

const { privateKey } = reference.cases[0].prepared
const issuerGroup = openIssuerGroup(privateKey)
const n = issuerGroup.modulus
const anybody = openGroup(n)

/** Square and multiply, from the textbook. */
function power(base: bigint, exponent: bigint): bigint {
  const positive = exponent < 0n ? -exponent : exponent
  let result = 1n
  for (const bit of positive.toString(2)) {
    result = (result * result) % n
    if (bit === '1') result = (result * base) % n
  }
  return exponent < 0n ? (inverse(result, n) as bigint) : result
}

const bits = (most: number) => fc.bigInt({ min: 0n, max: (1n << BigInt(most)) - 1n })

describe('numbers of AnonCreds', () => {
  it('raises to powers of any length and sign, with and without the factors', () => {
    const exponents = fc.oneof(bits(8), bits(300), bits(2051), bits(3100), bits(5000))
    fc.assert(
      fc.property(bits(2040), exponents, fc.boolean(), (base, exponent, negative) => {
        fc.pre(base > 1n)
        const signed = negative ? -exponent : exponent
        const expected = power(base, signed)
        assert.equal(anybody.power(base, signed), expected)
        assert.equal(issuerGroup.power(base, signed), expected)
      }),
      { numRuns: 60 },
    )
  })

  it('draws e-th roots', () => {
    const e = (1n << 596n) + 595n
    const value = anybody.power(3n, 2n)
    assert.equal(anybody.power(issuerGroup.root(value, e), e), value)
  })

  it('writes integers as their minimal bytes and reads them back', () => {
    assert.equal(minimalBytes(0n).length, 0)
    fc.assert(
      fc.property(bits(3000), (value) => {
        const bytes = minimalBytes(value)
        assert.equal(fromBytes(bytes), value)
        assert.notEqual(bytes[0], 0)
        assert.deepEqual(minimalBytes(-value), bytes)
      }),
    )
  })

  it('writes every distance that a predicate can have as four squares', () => {
    const numbers = fc.oneof(
      fc.nat(1000),
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      fc.constant(2 ** 32 - 1),
      fc.nat(32).map((k) => 2 ** k),
    )
    fc.assert(
      fc.property(numbers, (number) => {
        const squares = fourSquares(number)
        assert.equal(
          squares.reduce((total, root) => total + root * root, 0),
          number,
        )
      }),
      { numRuns: 500 },
    )
  })
})

import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Hex, StatusOp } from '../../../node/ledger/ledger.ts'
import { packIndices, splitIntoTransactions } from '../../../node/ledger/status-transactions.ts'

const indices = (max: number, maxLength: number) =>
  fc
    .uniqueArray(fc.integer({ min: 0, max }), { minLength: 1, maxLength })
    .map((list) => list.sort((a, b) => a - b))
const op = fc.record({
  key: fc.constantFrom<Hex>('0xaa', '0xbb', '0xcc'),
  expectedVersion: fc.nat(1_000),
  indices: indices(131_071, 3_000),
  value: fc.boolean(),
})

/** Gas by the formula of the registry's limit, for a list each in its own transaction. */
const gas = (ops: readonly StatusOp[], fresh: boolean) =>
  ops.reduce((sum, { indices }) => {
    const words = new Set(indices.map((index) => index >>> 8)).size
    return sum + 48_000 + (5_300 + (fresh ? 17_100 : 0)) * words + 380 * indices.length
  }, 0)

const spread = (count: number): number[] => Array.from({ length: count }, (_, i) => i * 256)
const list = (indices: readonly number[]): StatusOp => ({
  key: '0xaa',
  expectedVersion: 7,
  indices,
  value: true,
})

describe('splitting changes of status into transactions', () => {
  it('keeps every index, in order, and no transaction above the limit', () => {
    fc.assert(
      fc.property(fc.array(op, { maxLength: 6 }), fc.boolean(), (ops, fresh) => {
        const transactions = splitIntoTransactions(ops, () => fresh)
        for (const transaction of transactions) assert(gas(transaction, fresh) <= 8_000_000)
        const parts = transactions.flat()
        for (const { key, expectedVersion, indices, value } of ops) {
          const joined: number[] = []
          for (let version = expectedVersion; joined.length < indices.length; version++) {
            const part = parts.shift()
            assert.deepEqual(
              { key, value, version },
              { key: part?.key, value: part?.value, version: part?.expectedVersion },
            )
            joined.push(...(part?.indices ?? []))
          }
          assert.deepEqual(joined, indices)
        }
        assert.equal(parts.length, 0)
      }),
      { numRuns: 60 },
    )
  })

  it('puts about 340 fresh or 1,390 used words into one transaction', () => {
    assert.equal(splitIntoTransactions([list(spread(345))], () => true).length, 1)
    assert.equal(splitIntoTransactions([list(spread(355))], () => true).length, 2)
    assert.equal(splitIntoTransactions([list(spread(1_390))], () => false).length, 1)
    assert.equal(splitIntoTransactions([list(spread(1_405))], () => false).length, 2)
  })

  it('never parts the indices of one word', () => {
    const whole = Array.from({ length: 131_072 }, (_, i) => i)
    for (const transaction of splitIntoTransactions([list(whole)], () => false)) {
      for (const { indices } of transaction) assert.equal(indices.length % 256, 0)
    }
  })

  it('makes no transaction of nothing', () => {
    assert.deepEqual(
      splitIntoTransactions([], () => true),
      [],
    )
    assert.deepEqual(
      splitIntoTransactions([list([])], () => true),
      [],
    )
  })

  it('packs indices as big-endian uint32', () => {
    assert.equal(packIndices([]), '0x')
    assert.equal(packIndices([0, 1, 256, 0xffff_fffe]), '0x000000000000000100000100fffffffe')
  })
})

import assert from 'node:assert/strict'
import { StandardMerkleTree } from '@openzeppelin/merkle-tree'
import fc from 'fast-check'
import { createMerkleTree } from '../../../node/issuance/merkle-tree.ts'
import type { Hex } from '../../../node/ledger/ledger.ts'
import { createPause } from '../../../node/time-slice.ts'

const word = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes): Hex => `0x${Buffer.from(bytes).toString('hex')}`)
const leaves = fc.uniqueArray(fc.record({ index: fc.nat({ max: 0xffff_ffff }), digest: word }), {
  minLength: 1,
  maxLength: 40,
  selector: (leaf) => leaf.index,
})

describe('createMerkleTree', () => {
  it('has the root and the proofs of @openzeppelin/merkle-tree', () =>
    fc.assert(
      fc.asyncProperty(word, leaves, async (listKey, entries) => {
        const tree = await createMerkleTree(listKey, entries, createPause())
        const values = entries.map(({ index, digest }) => [listKey, index, digest])
        const reference = StandardMerkleTree.of(values, ['bytes32', 'uint256', 'bytes32'])
        assert.equal(tree.root, reference.root)
        for (const [position, entry] of entries.entries()) {
          assert.deepEqual(tree.proof(entry), reference.getProof(position))
          assert.equal(tree.leaf(entry), reference.leafHash(values[position] as (number | Hex)[]))
        }
      }),
      { numRuns: 40 },
    ))

  it('has no proof for what is not in it', async () => {
    const digest: Hex = `0x${'11'.repeat(32)}`
    const tree = await createMerkleTree(digest, [{ index: 1, digest }], createPause())
    assert.deepEqual(tree.proof({ index: 1, digest }), [])
    assert.equal(tree.proof({ index: 2, digest }), undefined)
  })
})

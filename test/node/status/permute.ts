import assert from 'node:assert/strict'
import fc from 'fast-check'
import { createPermutation } from '../../../node/status/permute.ts'

const secret = fc.uint8Array({ minLength: 32, maxLength: 32 })
const image = (key: Uint8Array, size: number) =>
  Array.from({ length: size }, (_, n) => n).map(createPermutation(key, size))

describe('createPermutation', () => {
  it('is a bijection on [0, size) for any size and secret', () => {
    fc.assert(
      fc.property(secret, fc.integer({ min: 1, max: 3_000 }), (key, size) => {
        const sorted = image(key, size).sort((a, b) => a - b)
        assert.deepEqual(
          sorted,
          Array.from({ length: size }, (_, n) => n),
        )
      }),
      { numRuns: 60 },
    )
  })

  for (const size of [131_072, 131_328, 1_000_192]) {
    it(`is a bijection on [0, ${size})`, () => {
      const seen = new Uint8Array(size)
      for (const index of image(new Uint8Array(32).fill(7), size)) seen[index] = (seen[index] as number) + 1
      assert.ok(seen.every((times) => times === 1))
    })
  }

  it('depends on the secret alone', () => {
    const [one, other] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
    assert.deepEqual(image(one, 1_000), image(one, 1_000))
    assert.notDeepEqual(image(one, 1_000), image(other, 1_000))
  })

  it('does not tell the order: neighbours are no closer than chance', () => {
    const size = 131_072
    const permute = createPermutation(new Uint8Array(32).fill(3), size)
    const distances = Array.from({ length: 4_000 }, (_, n) => Math.abs(permute(n + 1) - permute(n)))
    const mean = distances.reduce((sum, d) => sum + d, 0) / distances.length
    // the mean distance of two random points of a segment is a third of it
    assert.ok(Math.abs(mean / size - 1 / 3) < 0.02, String(mean / size))
  })

  it('refuses a position outside the list', () => {
    const permute = createPermutation(new Uint8Array(32), 256)
    for (const position of [-1, 256, 0.5]) assert.throws(() => permute(position), RangeError)
  })
})

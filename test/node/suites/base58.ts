import assert from 'node:assert/strict'
import { base58 as scure } from '@scure/base'
import fc from 'fast-check'
import { base58 } from '../../../node/suites/base58.ts'

describe('base58', () => {
  it('is that of another library', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc
        .tuple(fc.nat(8), fc.uint8Array({ maxLength: 64 }))
        .map(([zeros, rest]) => Uint8Array.from([...new Uint8Array(zeros), ...rest])),
    )
    fc.assert(
      fc.property(bytes, (value) => assert.equal(base58(value), scure.encode(value))),
      { numRuns: 2_000 },
    )
  })

  it('is that of the draft', () => {
    // draft-msporny-base58-03, 5
    assert.equal(base58(Buffer.from('Hello World!')), '2NEpo7TZRRrLZSi2U')
    assert.equal(base58(Buffer.from('0000287fb4cd', 'hex')), '11233QC4')
  })
})

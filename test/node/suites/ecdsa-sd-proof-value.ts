import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  parseBaseProof,
  parseDerivedProof,
  serializeBaseProof,
  serializeDerivedProof,
} from '../../../node/suites/ecdsa-sd-proof-value.ts'

describe('the proof values of ecdsa-sd-2023', () => {
  it('are read back, and nothing else is', () => {
    const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
    const common = {
      baseSignature: bytes(64),
      publicKey: bytes(35),
      signatures: fc.array(bytes(64), { maxLength: 5 }),
    }
    const base = fc.record(
      { ...common, hmacKey: bytes(32), mandatoryPointers: fc.array(fc.string(), { maxLength: 5 }) },
      { noNullPrototype: true },
    )
    const labels = fc
      .uniqueArray(bytes(32), { maxLength: 5, selector: String })
      .map(
        (keys) => new Map(keys.map((key, i) => [`c14n${i}`, `u${Buffer.from(key).toString('base64url')}`])),
      )
    const derived = fc.record(
      { ...common, labels, mandatoryIndexes: fc.array(fc.nat(), { maxLength: 5 }) },
      { noNullPrototype: true },
    )
    fc.assert(
      fc.property(base, derived, (one, other) => {
        const values = [serializeBaseProof(one), serializeDerivedProof(other)] as const
        assert.deepEqual(parseBaseProof(values[0]), one)
        assert.deepEqual(parseDerivedProof(values[1]), other)
        assert.equal(parseBaseProof(values[1]), undefined)
        assert.equal(parseDerivedProof(values[0]), undefined)
      }),
    )
    const prefixed = fc
      .tuple(fc.constantFrom('d95d00', 'd95d01'), fc.uint8Array({ maxLength: 60 }))
      .map(([tag, rest]) => `u${Buffer.concat([Buffer.from(tag, 'hex'), rest]).toString('base64url')}`)
    fc.assert(
      fc.property(fc.oneof(fc.string(), prefixed), (text) => {
        assert.equal(parseBaseProof(text), undefined)
        assert.equal(parseDerivedProof(text), undefined)
      }),
      { numRuns: 1_000 },
    )
  })
})

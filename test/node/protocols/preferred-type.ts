import assert from 'node:assert/strict'
import fc from 'fast-check'
import { preferredType } from '../../../node/protocols/preferred-type.ts'

const offered = ['application/vc', 'application/vc+jwt', 'text/plain']

describe('preferredType', () => {
  it('goes by quality, then by the order of the offer', () => {
    for (const [header, expected] of [
      [undefined, 'application/vc'],
      ['', 'application/vc'],
      ['text/plain', 'text/plain'],
      ['TEXT/PLAIN', 'text/plain'],
      ['text/*', 'text/plain'],
      ['application/vc+jwt, application/vc', 'application/vc'],
      ['application/vc;q=0.1, application/vc+jwt', 'application/vc+jwt'],
      ['application/*;q=0.5, text/plain; q=0.7', 'text/plain'],
      ['application/vc;q=0, application/*', 'application/vc+jwt'],
      ['application/vc;q=0, */*;q=0.1', 'application/vc+jwt'],
      ['text/plain;q=2', 'application/vc'],
      ['text/plain;q=x', 'application/vc'],
      ['image/png', 'application/vc'],
    ] as const) {
      assert.equal(preferredType(header, offered), expected, header)
    }
  })

  it('gives something that was offered for every header', () => {
    fc.assert(fc.property(fc.string(), (header) => offered.includes(preferredType(header, offered))))
  })
})

import assert from 'node:assert/strict'
import { startFlags } from '../../scripts/start-flags.ts'

describe('the flags of Node.js', () => {
  it('bound the memory of whatever is started, alike', () => {
    const flags = startFlags()
    assert.deepEqual(
      flags.map((flag) => flag.replace(/\d+/, 'MB')),
      ['--max-old-space-size=MB', '--max-semi-space-size=MB'],
    )
    assert.deepEqual(startFlags('api'), flags)
    assert.deepEqual(startFlags('worker'), flags)
  })
})

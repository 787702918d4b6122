import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { abiSource } from '../../../scripts/abi.ts'

const root = new URL('../../../', import.meta.url).pathname

describe('abi', () => {
  it('is what scripts/abi.ts makes of the compiled contracts', async () => {
    const committed = await readFile(`${root}node/ledger/abi.ts`, 'utf8')
    assert.equal(committed, await abiSource(`${root}artifacts`))
  })
})

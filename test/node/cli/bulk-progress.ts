import assert from 'node:assert/strict'
import { createProgress, type Progress } from '../../../node/cli/bulk-progress.ts'

const running: Progress = {
  ...{ state: 'running', total: 100, n: 50, failed: 0, rate: null, etaSeconds: null },
  reason: null,
}
const detail = 'This tenant has issued as many credentials today as it may.'
const paused = { ...running, state: 'paused', reason: { code: 'CREDENTIAL_QUOTA_EXCEEDED', detail } }

describe('the progress of a bulk job', () => {
  for (const isTTY of [true, false]) {
    const shown = (...all: readonly Progress[]) => {
      let text = ''
      const progress = createProgress({
        isTTY,
        columns: 80,
        write: (more) => {
          text += more
        },
      })
      for (const each of all) progress.show(each)
      progress.end()
      return text
    }

    it(`tells once what a job waits for, in a line of its own (${isTTY ? 'terminal' : 'file'})`, () => {
      const wait = `paused by the node, until it is resumed: CREDENTIAL_QUOTA_EXCEEDED: ${detail}`
      const text = shown(running, paused, paused, running, { ...running, n: 100 })
      assert.equal(text.split(wait).length, 2)
      assert.ok(text.split('\n').includes(wait), text)
      assert.equal(
        shown(running, paused, running, paused).split(wait).length,
        3,
        'and again, when it waits again',
      )
    })

    it(`says no more of a job that its owner has paused (${isTTY ? 'terminal' : 'file'})`, () => {
      assert.ok(!shown({ ...paused, reason: null }).includes('by the node'))
    })
  }
})

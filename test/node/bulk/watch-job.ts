import assert from 'node:assert/strict'
import { createJobWatch } from '../../../node/bulk/watch-job.ts'

describe('those who follow bulk jobs', () => {
  const look = async () => ({ state: 'running', updatedAt: '2026-01-01T00:00:00Z' })

  it('are few of each tenant, so that none takes the places of all', async () => {
    const watch = createJobWatch({ listeners: 3, tenantListeners: 2, pollMs: 10, heartbeatMs: 10_000 })
    const follow = async (tenantId: string) => {
      const job = watch.follow(tenantId, look)
      await job.next()
      return job
    }
    const refused = { code: 'RATE_LIMIT_EXCEEDED' }
    const [first] = [await follow('greedy'), await follow('greedy')]
    await assert.rejects(follow('greedy'), refused)
    await follow('other')
    await assert.rejects(follow('third'), refused)
    await first?.return(undefined)
    await follow('third')
    watch.stop()
  })
})

import assert from 'node:assert/strict'
import { IssuerError } from '../../../node/errors.ts'
import { createOutboxJob } from '../../../node/jobs/outbox-job.ts'
import { openDatabase } from '../../../node/stores/database.ts'
import { createEventStore, type EventStore } from '../../../node/stores/events.ts'
import { createLeaseStore, type LeaseStore } from '../../../node/stores/leases.ts'
import { createOutboxStore, type OutboxRow, type OutboxStore } from '../../../node/stores/outbox.ts'

/** The stores of work that is handed on. */
interface Stores {
  outbox: OutboxStore
  leases: LeaseStore
  events: EventStore
}

describe('outbox job', () => {
  let time: number
  let stores: Stores
  let dead: string[]

  beforeEach(async () => {
    const database = await openDatabase({ file: ':memory:' })
    after(() => database.destroy())
    stores = {
      outbox: createOutboxStore(database),
      leases: createLeaseStore(database),
      events: createEventStore(database),
    }
    time = Date.UTC(2026, 0, 1)
    dead = []
  })

  const add = (id: string) =>
    stores.outbox.add([{ id, job: 'deliver', payload: id, due_at: new Date(time).toISOString() }])
  const job = (handle: (row: OutboxRow) => Promise<void>) =>
    createOutboxJob({
      name: 'deliver',
      outbox: stores.outbox,
      handle,
      now: () => new Date(time),
      limit: 2,
      backoff: (attempts) => (attempts < 3 ? attempts * 1_000 : undefined),
      onDead: (row) => dead.push(row.id),
    })

  it('handles every due row once', async () => {
    for (const id of ['a', 'b', 'c', 'd', 'e']) await add(id)
    const handled: string[] = []
    const { run } = job(async ({ payload }) => void handled.push(payload))
    assert.equal(await run(), 5)
    assert.deepEqual(handled.sort(), ['a', 'b', 'c', 'd', 'e'])
    assert.equal(await run(), 0)
  })

  it('tries again what is retryable, later each time, and gives up in the end', async () => {
    await add('a')
    const attempts: number[] = []
    const { run } = job(async () => {
      attempts.push(time)
      throw new IssuerError('CHAIN_UNREACHABLE')
    })
    const started = time
    for (let second = 0; second < 10; second++, time += 1_000) await run()
    assert.deepEqual(
      attempts.map((at) => at - started),
      [0, 1_000, 3_000],
    )
    assert.deepEqual(dead, ['a'])
  })

  it('gives up at once what another attempt cannot mend', async () => {
    await add('a')
    await job(async () => {
      throw new IssuerError('MALFORMED_REQUEST')
    }).run()
    assert.deepEqual(dead, ['a'])
    assert.equal(await stores.outbox.revive('a', new Date(time).toISOString()), true)
  })
})

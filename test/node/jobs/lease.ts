import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { createLeases } from '../../../node/jobs/lease.ts'
import { type Database, openDatabase } from '../../../node/stores/database.ts'
import { createLeaseStore, type LeaseStore } from '../../../node/stores/leases.ts'
import { describeOnStacks, type FreshDatabase } from '../../stacks.ts'

describeOnStacks('leases', (stack) => {
  let fresh: FreshDatabase
  let database: Database
  let store: LeaseStore

  before(async () => {
    fresh = await stack.create()
    database = await openDatabase(fresh.location)
    store = createLeaseStore(database)
  })
  after(async () => {
    await database?.destroy()
    await fresh?.drop()
  })
  beforeEach(async () => {
    await database.deleteFrom('leases').execute()
  })

  const acquire = (holder: string, milliseconds: number) =>
    store.acquire({ name: 'anchor', holder, milliseconds })

  it('are held by one until they run out or are given back', async () => {
    assert.equal(await acquire('x', 60_000), true)
    assert.equal(await acquire('y', 60_000), false)
    assert.equal(await acquire('x', 1), true)
    await pause(5)
    assert.equal(await acquire('y', 60_000), true)
    await store.release({ name: 'anchor', holder: 'x' })
    assert.equal(await acquire('x', 60_000), false)
    await store.release({ name: 'anchor', holder: 'y' })
    assert.equal(await acquire('x', 60_000), true)
  })

  it('run out at the time of the database, whatever the clock of this machine says', async () => {
    assert.equal(await acquire('x', 1_500), true)
    const { until } = await database.selectFrom('leases').select('until').executeTakeFirstOrThrow()
    assert.match(until, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    // the test and its database share a machine, and so a clock
    assert.ok(Math.abs(Date.parse(until) - Date.now() - 1_500) < 1_000, until)
  })

  it('are given to one of many who ask at once', async () => {
    const holders = Array.from({ length: 16 }, (_, n) => `holder ${n}`)
    const answers = await Promise.all(holders.map((holder) => acquire(holder, 60_000)))
    assert.equal(answers.filter((held) => held).length, 1)
  })

  it('are free at once when the work ends while they are renewed', async () => {
    const [asked, gate, renewed] = [0, 1, 2].map(() => Promise.withResolvers<void>())
    let times = 0
    const slow: LeaseStore = {
      ...store,
      async acquire(lease) {
        if (times++ === 0) return store.acquire(lease)
        asked?.resolve()
        await gate?.promise
        // as long as that of a worker
        return store.acquire({ ...lease, milliseconds: 5_000 }).finally(renewed?.resolve)
      },
    }
    const mine = createLeases({ store: slow, durationMs: 40 })
    const holding = mine.hold('anchor', async () => asked?.promise)
    await asked?.promise
    setImmediate(() => gate?.resolve())
    await Promise.all([holding, renewed?.promise])
    const others = createLeases({ store, durationMs: 60_000 })
    assert.deepEqual(await others.hold('anchor', async () => 'mine'), { result: 'mine' })
  })

  it('are renewed while the work lasts, longer than they would hold', async () => {
    const mine = createLeases({ store, durationMs: 200 })
    const others = createLeases({ store, durationMs: 200 })
    const end = Promise.withResolvers<string>()
    const holding = mine.hold('anchor', () => end.promise)
    for (let look = 0; look < 10; look++) {
      await pause(50)
      assert.equal(await others.hold('anchor', async () => 'stolen'), undefined)
    }
    end.resolve('done')
    assert.deepEqual(await holding, { result: 'done' })
    assert.deepEqual(await others.hold('anchor', async () => 'free'), { result: 'free' })
  })

  it('are given back when the work fails', async () => {
    const leases = createLeases({ store })
    await assert.rejects(
      leases.hold('anchor', async () => {
        throw new RangeError('no')
      }),
      RangeError,
    )
    assert.deepEqual(await createLeases({ store }).hold('anchor', async () => 1), { result: 1 })
  })

  it('tell their holder that somebody else has taken them', async () => {
    const lost = Promise.withResolvers<string>()
    const leases = createLeases({ store, durationMs: 100, onLost: lost.resolve })
    await leases.hold('anchor', async () => {
      await database.updateTable('leases').set({ holder: 'somebody else' }).execute()
      assert.equal(await lost.promise, 'anchor')
    })
    const { holder } = await database.selectFrom('leases').select('holder').executeTakeFirstOrThrow()
    assert.equal(holder, 'somebody else')
  })
})

import assert from 'node:assert/strict'
import { type Database, openDatabase } from '../../../node/stores/database.ts'
import { createOutboxStore } from '../../../node/stores/outbox.ts'
import { describeOnStacks, type FreshDatabase } from '../../stacks.ts'

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString()
const row = (id: string, second: number) => ({ id, job: 'deliver', payload: '{}', due_at: at(second) })

describeOnStacks('outbox', (stack) => {
  let fresh: FreshDatabase
  let database: Database

  before(async () => {
    fresh = await stack.create()
    database = await openDatabase(fresh.location)
  })

  after(async () => {
    await database?.destroy()
    await fresh?.drop()
  })

  const open = async () => {
    await database.deleteFrom('outbox').execute()
    return createOutboxStore(database)
  }
  const ids = (rows: readonly { id: string }[]) => rows.map(({ id }) => id)

  it('gives each due row to one claimer, and again when its time has passed', async () => {
    const outbox = await open()
    await outbox.add([row('a', 1), row('b', 2), row('c', 99)])
    const claim = (now: number) => outbox.claimDue({ job: 'deliver', now: at(now), until: at(50), limit: 8 })
    const [first, second] = await Promise.all([claim(10), claim(10)])
    assert.deepEqual(ids([...first, ...second]).sort(), ['a', 'b'])
    assert.deepEqual(ids(await claim(40)), [])
    await outbox.done('a')
    const [again] = await claim(50)
    assert.equal(again?.id, 'b')
    assert.equal(again?.attempts, 2)
  })

  it('gives back what was taken by whoever died, and not what waits for its next attempt', async () => {
    const outbox = await open()
    await outbox.add([row('taken', 1), row('failed', 1), row('failed and taken', 1), row('new', 99)])
    const claim = (now: number, until: number) =>
      outbox.claimDue({ job: 'deliver', now: at(now), until: at(until), limit: 8 })
    await claim(1, 50)
    await outbox.retry('failed', { dueAt: at(50), error: 'no' })
    await outbox.retry('failed and taken', { dueAt: at(2), error: 'no' })
    assert.deepEqual(ids(await claim(2, 50)), ['failed and taken'])
    assert.deepEqual(await claim(3, 50), [])
    await outbox.releaseAll(at(3))
    assert.deepEqual(ids(await claim(3, 50)).sort(), ['failed and taken', 'taken'])
  })

  it('buries a row, and revives it once', async () => {
    const outbox = await open()
    await outbox.add([row('a', 1)])
    await outbox.bury('a', { at: at(2), error: 'no' })
    const claim = () => outbox.claimDue({ job: 'deliver', now: at(10), until: at(50), limit: 8 })
    assert.deepEqual(await claim(), [])
    assert.equal(await outbox.revive('a', at(3)), true)
    assert.equal(await outbox.revive('a', at(3)), false)
    assert.deepEqual(ids(await claim()), ['a'])
  })

  const inLane = (lane: string, count: number, second = 1) =>
    Array.from({ length: count }, (_, n) => ({ ...row(`${lane} ${n}`, second), lane }))
  const claimer = (outbox: ReturnType<typeof createOutboxStore>, limit: number) => async () => {
    const rows = await outbox.claimDue({ job: 'deliver', now: at(10), until: at(50), limit })
    const found = Map.groupBy(rows, ({ lane }) => lane)
    return Object.fromEntries([...found].map(([lane, { length }]) => [lane, length]).sort())
  }

  it('lets lanes take turns, whichever has waited longer, and leaves no room for want of rows in one', async () => {
    const outbox = await open()
    await outbox.add([...inLane('college', 40, 1), ...inLane('school', 3, 9), ...inLane('', 20, 5)])
    await outbox.add(inLane('academy', 4, 11))
    const claim = claimer(outbox, 16)
    assert.deepEqual(await claim(), { '': 7, college: 6, school: 3 })
    assert.deepEqual(await claim(), { '': 8, college: 8 })
    assert.deepEqual(await claim(), { '': 5, college: 11 })
    assert.deepEqual(await claim(), { college: 15 })
    assert.deepEqual(await claim(), {})
  })

  it('comes to every lane where there are more than it takes rows', async () => {
    const outbox = await open()
    for (const lane of ['a', 'b', 'c', 'd', 'e']) await outbox.add(inLane(lane, 9))
    const claim = claimer(outbox, 2)
    assert.deepEqual(await claim(), { a: 1, b: 1 })
    assert.deepEqual(await claim(), { c: 1, d: 1 })
    assert.deepEqual(await claim(), { a: 1, e: 1 })
  })

  it('takes the oldest of a lane first', async () => {
    const outbox = await open()
    await outbox.add([3, 1, 2].map((second) => ({ ...row(`${second}`, second), lane: 'college' })))
    assert.deepEqual(ids(await outbox.claimDue({ job: 'deliver', now: at(10), until: at(50), limit: 2 })), [
      '1',
      '2',
    ])
  })

  it('gives each row of many lanes to one of those who claim at the same time', async () => {
    const outbox = await open()
    for (let lane = 0; lane < 12; lane++) await outbox.add(inLane(`lane ${lane}`, 5))
    const claim = () => outbox.claimDue({ job: 'deliver', now: at(10), until: at(50), limit: 8 })
    const taken: string[] = []
    for (let more = true; more; ) {
      const found = (await Promise.all([claim(), claim(), claim()])).flatMap(ids)
      taken.push(...found)
      more = found.length > 0
    }
    assert.equal(taken.length, 60)
    assert.equal(new Set(taken).size, 60)
  })
})

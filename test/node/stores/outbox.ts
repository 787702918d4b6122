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
})

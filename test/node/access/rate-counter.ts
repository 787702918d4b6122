import assert from 'node:assert/strict'
import { createRateCounter, type RateCounter, windowMs } from '../../../node/access/rate-counter.ts'
import { type Database, openDatabase } from '../../../node/stores/database.ts'
import { createRateCountStore, type RateCountStore } from '../../../node/stores/rate-counts.ts'
import { describeOnStacks, type FreshDatabase } from '../../stacks.ts'

describeOnStacks('rate limits that several processes share', (stack) => {
  let fresh: FreshDatabase
  let databases: Database[] = []
  let time = Date.parse('2026-01-01T00:00:10.000Z')
  const alone: unknown[] = []

  before(async () => {
    fresh = await stack.create()
    databases = [await openDatabase(fresh.location), await openDatabase(fresh.location)]
  })
  after(async () => {
    for (const database of databases) await database.destroy()
    await fresh?.drop()
  })
  beforeEach(() => {
    time += 10 * windowMs
    alone.length = 0
  })

  const counterOn = (counts: RateCountStore): RateCounter =>
    createRateCounter({ counts, now: () => new Date(time), onAlone: (error) => alone.push(error) })
  const processes = () => databases.map((database) => counterOn(createRateCountStore(database)))
  const ask = async (counters: readonly RateCounter[], { name = 'key a', max = 10, times = 30 } = {}) => {
    const requests = Array.from({ length: times }, (_, n) => counters[n % counters.length] as RateCounter)
    const answers = await Promise.all(requests.map((counter) => counter.count(name, max)))
    return answers.filter(({ current }) => current <= max).length
  }

  it('let through as many as the limit says, of all together', async () => {
    assert.equal(await ask(processes(), { max: 10 }), 10)
    assert.equal(await ask(processes(), { name: 'key b', max: 100, times: 300 }), 100)
  })

  it('ask the database for parts of a large limit alone, and not at all above it', async () => {
    let asked = 0
    const counts = createRateCountStore(databases[0] as Database)
    const counting = {
      ...counts,
      take: (input: Parameters<typeof counts.take>[0]) => {
        asked++
        return counts.take(input)
      },
    }
    const counter = counterOn(counting)
    assert.equal(await ask([counter], { max: 2_050, times: 4_000 }), 2_050)
    assert.equal(asked, 99)
    assert.equal(await ask([counter], { max: 2_050 }), 0)
    assert.equal(asked, 99)
  })

  it('begin anew with each minute, also where the clock of a process is behind', async () => {
    const [one, other] = processes() as [RateCounter, RateCounter]
    assert.equal((await one.count('key a', 10)).ttl, 50_000)
    assert.equal(await ask([one, other], { times: 29 }), 9)
    time += windowMs
    assert.equal(await ask([one], { times: 6 }), 6)
    time -= windowMs
    const late = counterOn(createRateCountStore(databases[1] as Database))
    assert.equal(await ask([late]), 4)
  })

  it('hold for each process by itself while the database does not answer', async () => {
    const nobody = () => Promise.reject(new Error('no connection'))
    const counter = counterOn({ take: nobody, forget: nobody })
    assert.equal(await ask([counter]), 10)
    assert.equal(alone.length, 1)
  })

  it('are forgotten', async () => {
    const [counter] = processes() as [RateCounter]
    await counter.count('key c', 10)
    time += 20 * windowMs
    assert.ok((await counter.job.run()) > 0)
    assert.equal(await counter.job.run(), 0)
  })
})

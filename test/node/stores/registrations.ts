import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { eventRow } from '../../../node/events/event.ts'
import { createCredentialStore } from '../../../node/stores/credentials.ts'
import { type Database, openDatabase } from '../../../node/stores/database.ts'
import { readDepths } from '../../../node/stores/depths.ts'
import { createRegistrationStore } from '../../../node/stores/registrations.ts'
import { describeOnStacks, type FreshDatabase } from '../../stacks.ts'
import { credentialRow, insertLists } from './credential-rows.ts'

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString()
const pause = () => new Promise<void>((turn) => setImmediate(turn))

describeOnStacks('registrations', (stack) => {
  let fresh: FreshDatabase
  let database: Database

  beforeEach(async () => {
    fresh = await stack.create()
    database = await openDatabase(fresh.location)
  })

  afterEach(async () => {
    await database?.destroy()
    await fresh?.drop()
  })

  let index = 0
  const record = (list: Awaited<ReturnType<typeof insertLists>>, second: number) =>
    createCredentialStore(database).insert({
      rows: [{ ...credentialRow(list, index++), issued_at: at(second) }],
      outbox: { id: randomUUID(), job: 'anchor', payload: '{}', due_at: at(0) },
      pause,
    })

  /** Claims at most two lists, settles them, and tells which they were. */
  async function register(): Promise<string[]> {
    const store = createRegistrationStore(database)
    const anchorId = randomUUID()
    await store.claim({ anchorId, job: 'anchor', now: at(59), maxLists: 2, newId: randomUUID })
    const open = await store.openRegistrations(anchorId)
    await store.settle(
      anchorId,
      open.map(({ registration_id }) => ({
        ...{ registration_id, root: '0x', transactionHash: '0x', blockNumber: 1, auditHead: undefined },
        event: eventRow({ type: 'credentials.registered', subject: 'x', data: {}, at: new Date(at(59)) }),
      })),
    )
    return open.map(({ status_list_id }) => status_list_id)
  }

  it('take up the lists whose entries have waited longest, however many others are written to', async () => {
    const lists = await Promise.all(Array.from({ length: 6 }, () => insertLists(database)))
    const byName = lists.toSorted((a, b) => (a.statusListId < b.statusListId ? -1 : 1))
    const [slow, ...busy] = byName.toReversed() as [(typeof lists)[0], ...typeof lists]
    for (const list of busy) await record(list, 1)
    await record(slow, 2)
    const taken: string[] = []
    for (let second = 3; !taken.includes(slow.statusListId) && second < 20; second++) {
      taken.push(...(await register()))
      // who was served comes again at once
      for (const list of busy.filter(({ statusListId }) => taken.includes(statusListId)))
        await record(list, second)
    }
    assert.equal(taken.length, 6)
    assert.equal(new Set(taken).size, 6)
  })

  it('tell since when the oldest entry waits, claimed or not', async () => {
    const [first, second] = [await insertLists(database), await insertLists(database)]
    const oldest = async () => (await readDepths(database)).oldestUnanchored
    assert.equal(await oldest(), undefined)
    await record(first, 7)
    await record(second, 5)
    assert.equal(await oldest(), at(5))
    const claim = { job: 'anchor', maxLists: 1, newId: randomUUID }
    await createRegistrationStore(database).claim({ ...claim, anchorId: randomUUID(), now: at(6) })
    assert.equal((await readDepths(database)).unanchored, 2)
    assert.equal(await oldest(), at(5))
    const [open] = await database.selectFrom('registrations').selectAll().execute()
    assert.equal(open?.status_list_id, second.statusListId)
    await database.updateTable('registrations').set({ state: 'registered' }).execute()
    assert.equal(await oldest(), at(7))
  })
})

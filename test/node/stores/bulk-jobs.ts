import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { createBulkChunkStore } from '../../../node/stores/bulk-chunks.ts'
import { createBulkJobStore } from '../../../node/stores/bulk-jobs.ts'
import { type Database, openDatabase } from '../../../node/stores/database.ts'
import { describeOnStacks, type FreshDatabase } from '../../stacks.ts'

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString()

describeOnStacks('jobs of several tenants', (stack) => {
  let fresh: FreshDatabase
  let database: Database
  let jobs: ReturnType<typeof createBulkJobStore>
  let chunks: ReturnType<typeof createBulkChunkStore>

  beforeEach(async () => {
    fresh = await stack.create()
    database = await openDatabase(fresh.location)
    jobs = createBulkJobStore(database)
    chunks = createBulkChunkStore(database)
  })

  afterEach(async () => {
    await database?.destroy()
    await fresh?.drop()
  })

  async function add(tenantId: string, count: number, second: number): Promise<string> {
    const jobId = randomUUID()
    const times = { created_at: at(second), updated_at: at(second), served_at: at(second) }
    const order = { issuer_did: 'x', schema_id: 'x', terms: '{}', source: '{}', request_id: null }
    const row = { ...times, ...order, job_id: jobId, tenant_id: tenantId, actor: 'x' }
    await jobs.insert({ ...row, state: 'receiving' }, { most: 10 })
    for (let number = 1; number <= count; number++) {
      const chunk = { job_id: jobId, number, first_row: number, row_count: 1, rows: 'x' }
      await chunks.add(chunk, { at: at(second), check: () => {} })
    }
    await jobs.change(jobId, { from: ['receiving'], to: 'running', at: at(second) })
    return jobId
  }

  /** Takes the chunk whose turn it is, and tells whose it was. */
  async function take(now: string, without: { tenants?: string[]; jobs?: string[] } = {}) {
    const job = await jobs.next({ now, without: { tenants: [], jobs: [], ...without } })
    if (!job) return undefined
    const { job_id: jobId, tenant_id: tenantId } = job
    await chunks.claim({ jobId, tenantId, worker: 'w', now, until: at(59), most: 100 })
    return { jobId, tenantId }
  }

  const turns = async (count: number, now = at(9)) => {
    const taken: (string | undefined)[] = []
    for (let n = 0; n < count; n++) taken.push((await take(now))?.tenantId)
    return taken.join(' ')
  }

  it('are served in turn, and those of each in turn', async () => {
    const first = await add('a', 3, 1)
    const second = await add('a', 3, 2)
    await add('b', 3, 3)
    assert.equal(await turns(4), 'a b a b')
    const own = [(await take(at(10)))?.jobId, await turns(1), (await take(at(11)))?.jobId]
    assert.deepEqual(own, [first, 'b', second])
  })

  it('keep the order of turns when jobs are deleted, and whatever the clock of a worker', async () => {
    await add('b', 5, 1)
    for (let round = 0; round < 3; round++) {
      await add('a', 1, 2)
      assert.equal(await turns(2, at(round % 2 ? 1 : 50)), 'b a')
      const { items } = await jobs.list({ tenantId: 'a', issuers: undefined, limit: 10 })
      for (const { job_id } of items) await jobs.remove(job_id, ['running'])
    }
    await add('a', 1, 2)
    await add('a', 1, 2)
    assert.equal(await turns(3), 'b a b')
  })

  it('leave out those whose turn it is not for now', async () => {
    const job = await add('a', 2, 1)
    await add('b', 2, 2)
    await add('c', 2, 3)
    assert.equal((await take(at(9), { tenants: ['b'], jobs: [job] }))?.tenantId, 'c')
    assert.equal(await take(at(9), { tenants: ['b', 'c'], jobs: [job] }), undefined)
    assert.equal((await take(at(9)))?.tenantId, 'a')
  })

  it('have no more chunks under way than a tenant may, whoever asks at once', async () => {
    const jobId = await add('a', 9, 1)
    const claim = (now: string, until: string) =>
      chunks.claim({ jobId, tenantId: 'a', worker: 'w', now, until, most: 3 })
    const taken = async (now: string, until: string) =>
      (await Promise.all(Array.from({ length: 8 }, () => claim(now, until)))).filter(Boolean).length
    assert.equal(await taken(at(1), at(5)), 3)
    assert.deepEqual([...(await chunks.countUnsettled(at(2)))], [['a', 3]])
    assert.equal(await taken(at(2), at(5)), 0)
    // those whose worker has died are somebody else's
    assert.equal(await taken(at(6), at(9)), 3)
  })
})

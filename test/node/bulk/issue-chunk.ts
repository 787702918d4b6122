import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { BulkDeps } from '../../../node/bulk/bulk-deps.ts'
import { issueChunk } from '../../../node/bulk/issue-chunk.ts'
import { pack } from '../../../node/bulk/pack.ts'
import { settleChunk } from '../../../node/bulk/settle-chunk.ts'
import { type BulkChunkRow, createBulkChunkStore } from '../../../node/stores/bulk-chunks.ts'
import { type BulkJobRow, createBulkJobStore } from '../../../node/stores/bulk-jobs.ts'
import { startChain, type TestChain } from '../../chain.ts'
import { degree, type Issuing, openIssuing } from '../../issuing.ts'
import { describeOnNodeStacks, type FreshDatabase } from '../../stacks.ts'

const holderDid = 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK'
const tenantId = 'default'

describeOnNodeStacks('issueChunk', (stack) => {
  let chain: TestChain
  let fresh: FreshDatabase
  let house: Issuing
  let deps: BulkDeps
  let job: BulkJobRow
  let terms: string

  before(async () => {
    chain = await startChain()
    fresh = await stack.create()
    house = await openIssuing({ chain, location: fresh.location, queueUrl: fresh.queueUrl })
    const issuer = await house.createIssuer()
    const schemaId = (await house.registerSchema(issuer)).id
    const common = { proofType: 'eddsa-jcs-2022', revocable: true, suspendable: false, dryRun: false }
    terms = JSON.stringify({ schemaId, issuerDid: issuer.did, ...common })
    deps = {
      pipeline: house.deps,
      jobs: createBulkJobStore(house.database),
      chunks: createBulkChunkStore(house.database),
      limits: {
        ...{ bytes: 1e6, rows: 100, rowBytes: 1_000, chunkRows: 10, jobs: 10, tenantRows: 1_000 },
        ...{ unsettledChunks: 4, takeoverMs: 60_000, retentionHours: 1, keptRows: 1_000 },
      },
      recordEnd: async () => {},
      now: () => new Date(),
    }
  })
  after(async () => {
    await house?.close()
    await chain?.close()
    await fresh?.drop()
  })

  const at = () => new Date().toISOString()
  const issued = async () =>
    (await house.database.selectFrom('credentials').select('credential_id').execute()).length
  const claim = async (worker: string, until = Date.now() + 60_000) =>
    (await deps.chunks.claim({
      ...{ jobId: job.job_id, tenantId, worker, now: at(), until: new Date(until).toISOString() },
      most: deps.limits.unsettledChunks,
    })) as BulkChunkRow

  beforeEach(async () => {
    const row = {
      ...{ job_id: randomUUID(), tenant_id: tenantId, actor: 'x', request_id: null },
      ...{ issuer_did: 'x', schema_id: 'x', terms, source: '{"type":"ndjson"}' },
      ...{ created_at: at(), updated_at: at(), served_at: at() },
    }
    await deps.jobs.insert({ ...row, state: 'receiving' }, { most: 10 })
    const rows = await pack(Array.from({ length: 5 }, () => JSON.stringify({ holderDid, claims: degree })))
    const chunk = { job_id: row.job_id, number: 1, first_row: 1, row_count: 5, rows }
    await deps.chunks.add(chunk, { at: at(), check: () => {} })
    job = (await deps.jobs.change(row.job_id, { from: ['receiving'], to: 'running', at: at() })) as BulkJobRow
  })

  it('records nothing of a chunk that another worker has taken over', async () => {
    const before = await issued()
    const late = await claim('late', Date.now() - 1)
    const chunk = await claim('heir')
    assert.equal(chunk.number, late.number)
    assert.equal(await issueChunk(deps, { job, chunk: late, worker: 'late' }), false)
    assert.equal(await issued(), before)
    assert.equal(await issueChunk(deps, { job, chunk, worker: 'heir' }), true)
    assert.equal(await issueChunk(deps, { job, chunk, worker: 'heir' }), false)
    assert.equal(await issued(), before + 5)
  })

  it('gives one chunk to one of many workers', async () => {
    const claims = await Promise.all(Array.from({ length: 8 }, (_, i) => claim(`worker ${i}`)))
    assert.equal(claims.filter(Boolean).length, 1)
  })

  it('records nothing of a job that was cancelled meanwhile', async () => {
    const before = await issued()
    const chunk = await claim('worker')
    await deps.jobs.change(job.job_id, { from: ['running'], to: 'cancelled', at: at() })
    assert.equal(await issueChunk(deps, { job, chunk, worker: 'worker' }), false)
    assert.equal(await issued(), before)
  })

  it('counts rows once, however many workers settle a chunk, and those that the ledger refused as failed', async () => {
    const chunk = await claim('worker')
    await issueChunk(deps, { job, chunk, worker: 'worker' })
    let recorded: BulkChunkRow[] = []
    while (recorded.length === 0) {
      await delay(10)
      recorded = (await deps.chunks.settleable()).filter(({ job_id }) => job_id === job.job_id)
    }
    await house.database
      .updateTable('registrations')
      .set({ state: 'refused', reason: 'ISSUER_DEACTIVATED' })
      .where('registration_id', 'in', (eb) =>
        eb
          .selectFrom('registration_entries as entries')
          .innerJoin('registration_groups as groups', 'groups.group_id', 'entries.group_id')
          .select('registration_id')
          .$castTo<{ registration_id: string }>()
          .where('credential_id', '=', recorded[0]?.credential_id as string),
      )
      .execute()
    for (const each of [...recorded, ...recorded]) await settleChunk(deps, each)
    const {
      issued: count,
      failed,
      registered,
    } = (await deps.jobs.get({ tenantId, jobId: job.job_id })) as BulkJobRow
    assert.deepEqual([count, failed, registered], [0, 5, 0])
  })
})

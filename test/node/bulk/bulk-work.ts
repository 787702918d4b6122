import assert from 'node:assert/strict'
import { bulkPath, csvFile, ended, everyRowOnce, follow, order } from '../../bulk-client.ts'
import { startChain, type TestChain } from '../../chain.ts'
import { type ChainProxy, startChainProxy } from '../../chain-proxy.ts'
import { startNode, type TestNode } from '../../node.ts'
import {
  expect,
  expectProblem,
  holderDid,
  makeIssuer,
  makeSchema,
  makeTenant,
} from '../protocols/rest/scenario.ts'

const header = 'holderDid,degree.type,degree.name'
const lines = (count: number) => Array.from({ length: count }, (_, i) => `${holderDid},BachelorDegree,n${i}`)

describe('work on bulk jobs', () => {
  let chain: TestChain
  let proxy: ChainProxy
  let node: TestNode
  let query: Record<string, string>

  before(async () => {
    chain = await startChain()
    proxy = await startChainProxy(chain.rpcUrl)
    node = await startNode({
      chain: { ...chain, rpcUrl: proxy.url },
      environment: {
        BULK_CHUNK_ROWS: '10',
        BULK_UNSETTLED_CHUNKS: '2',
        BULK_JOBS: '3',
        BULK_TENANT_ROWS: '1000',
        // what is known of the ledger lasts while the chain is down
        LEDGER_CACHE_MS: '600000',
      },
    })
    const issuerDid = await makeIssuer(node)
    query = { issuerDid, schemaId: await makeSchema(node, issuerDid), proofType: 'eddsa-jcs-2022' }
  })
  after(async () => {
    await node?.close()
    await proxy?.close()
    await chain?.close()
  })

  it('waits for a chain that is down, with no more than a few chunks ahead of it, and goes on', async () => {
    const { id } = expect(202, await order(node, { query, rows: [header, ...lines(150)].join('\n') })).body
    for await (const { data } of follow(node, id)) if (data.registered >= 20) break
    proxy.behave(() => 'lose request')
    let stuck = 0
    for await (const { data } of follow(node, id)) {
      stuck = data.n - data.registered
      assert.ok(stuck <= 20, `${stuck} rows are issued and not registered`)
      if (stuck === 20) break
    }
    const { body } = expect(200, await node.call('GET', `${bulkPath}/${id}`))
    assert.equal(body.state, 'running')
    proxy.behave(() => 'pass')
    const job = await ended(node, id)
    assert.deepEqual([job.state, job.issued, job.registered], ['done', 150, 150])
    assert.equal(
      new Set((await csvFile(node, id, 'success')).map(({ credentialId }) => credentialId)).size,
      150,
    )
  })

  it('ends a job whose issuer is deactivated, with the rows that are left in the file of failures', async () => {
    const issuerDid = await makeIssuer(node)
    const schemaId = await makeSchema(node, issuerDid)
    const rows = [header, ...lines(100)].join('\n')
    const { id } = expect(202, await order(node, { query: { ...query, issuerDid, schemaId }, rows })).body
    for await (const { data } of follow(node, id)) if (data.n >= 20) break
    expect(200, await node.call('POST', `${bulkPath}/${id}/pause`))
    expect(200, await node.call('DELETE', `/api/v1/dids/${encodeURIComponent(issuerDid)}`))
    expect(200, await node.call('POST', `${bulkPath}/${id}/resume`))
    const job = await ended(node, id)
    assert.deepEqual([job.state, job.reason.code], ['failed', 'ISSUER_DEACTIVATED'])
    const [success, failure] = [await csvFile(node, id, 'success'), await csvFile(node, id, 'failure')]
    assert.equal(success.length + failure.length, 100)
    assert.equal(failure.at(-1)?.['cartulary:reason'], 'The job failed before this row: ISSUER_DEACTIVATED.')
    expectProblem(409, 'BULK_JOB_STATE', await node.call('POST', `${bulkPath}/${id}/resume`))
  })

  it('pauses a job at the quota of its tenant, says so, and issues the rest once when there is more', async () => {
    const tenant = await makeTenant(node, { tenantId: 'small', dailyCredentials: 45 })
    const issuerDid = await makeIssuer(tenant)
    const schemaId = await makeSchema(tenant, issuerDid)
    const names = Array.from({ length: 100 }, (_, n) => `n${n}`)
    const rows = [header, ...lines(100)].join('\n')
    const { id } = expect(202, await order(tenant, { query: { ...query, issuerDid, schemaId }, rows })).body
    const paused = async () => {
      for await (const { data } of follow(tenant, id)) if (data.state === 'paused') return data
    }
    const allow = async (dailyCredentials: number) =>
      expect(200, await node.call('PATCH', '/api/v1/tenants/small', { body: { dailyCredentials } }))
    const resume = async () => expect(200, await tenant.call('POST', `${bulkPath}/${id}/resume`)).body
    // a chunk goes in whole or not at all, and one that was refused is not counted
    for (const [quota, issued] of [
      [45, 40],
      [79, 70],
      [79, 70],
    ] as const) {
      if (quota > 45) {
        await allow(quota)
        assert.equal((await resume()).reason, null)
      }
      const { reason, ...job } = await paused()
      assert.deepEqual([job.issued, job.failed, reason.code], [issued, 0, 'CREDENTIAL_QUOTA_EXCEEDED'])
    }
    await allow(100)
    await resume()
    await everyRowOnce(tenant, await ended(tenant, id), names)
    assert.equal(expect(200, await node.call('GET', '/api/v1/tenants/small')).body.credentialsToday, 100)
  })

  it('takes no more jobs and rows of a tenant than it may have under way', async () => {
    const paused: string[] = []
    for (let i = 0; i < 3; i++) {
      const { id } = expect(202, await order(node, { query, rows: [header, ...lines(300)].join('\n') })).body
      await node.call('POST', `${bulkPath}/${id}/pause`)
      paused.push(id)
    }
    const further = () => order(node, { query, rows: [header, ...lines(300)].join('\n') })
    const refused = expectProblem(429, 'BULK_LIMIT_REACHED', await further())
    assert.ok(Number(refused.headers.get('retry-after')) > 0)
    await node.call('POST', `${bulkPath}/${paused.pop()}/cancel`)
    await node.call('POST', `${bulkPath}/${paused.pop()}/cancel`)
    expectProblem(
      429,
      'BULK_LIMIT_REACHED',
      await order(node, { query, rows: [header, ...lines(800)].join('\n') }),
    )
    const { id } = expect(202, await further()).body
    for (const left of [id, paused.pop()]) await node.call('POST', `${bulkPath}/${left}/cancel`)
  })

  it('serves tenants in turn, however many jobs each has', async () => {
    const tenant = await makeTenant(node, { tenantId: 'other' })
    const issuerDid = await makeIssuer(tenant)
    const schemaId = await makeSchema(tenant, issuerDid)
    /** Sends files of so many rows and pauses their jobs. */
    const wait = async (owner: TestNode, query: Record<string, string>, counts: number[]) => {
      const ids: string[] = []
      for (const count of counts) {
        const rows = [header, ...lines(count)].join('\n')
        const { id } = expect(202, await order(owner, { query, rows })).body
        expect(200, await owner.call('POST', `${bulkPath}/${id}/pause`))
        ids.push(id)
      }
      return ids
    }
    const many = await wait(node, query, [330, 330, 330])
    const [one] = (await wait(tenant, { ...query, issuerDid, schemaId }, [160])) as [string]
    const issued = async (owner: TestNode, id: string): Promise<number> =>
      expect(200, await owner.call('GET', `${bulkPath}/${id}`)).body.n
    const issuedOfMany = async () => {
      let sum = 0
      for (const id of many) sum += await issued(node, id)
      return sum
    }
    const resume = (owner: TestNode, id: string) => owner.call('POST', `${bulkPath}/${id}/resume`)
    for (const id of many) expect(200, await resume(node, id))
    const before = await issuedOfMany()
    const left = 160 - (await issued(tenant, one))
    expect(200, await resume(tenant, one))
    await ended(tenant, one)
    const meanwhile = (await issuedOfMany()) - before
    assert.ok(meanwhile < 2 * left, `${meanwhile} rows of the one, ${left} of the other`)
    for (const id of many) await node.call('POST', `${bulkPath}/${id}/cancel`)
  })

  it('lets each tenant be ahead of the ledger with as many chunks, and keeps nobody out for another', async () => {
    const tenant = await makeTenant(node, { tenantId: 'third' })
    const issuerDid = await makeIssuer(tenant)
    const schemaId = await makeSchema(tenant, issuerDid)
    const rows = [header, ...lines(150)].join('\n')
    const first = expect(202, await order(node, { query, rows })).body.id
    const second = expect(202, await order(tenant, { query: { ...query, issuerDid, schemaId }, rows })).body
      .id
    for await (const { data } of follow(node, first)) if (data.registered >= 20) break
    for await (const { data } of follow(tenant, second)) if (data.registered >= 20) break
    proxy.behave(() => 'lose request')
    for (const [owner, id] of [
      [node, first],
      [tenant, second],
    ] as const)
      for await (const { data } of follow(owner, id)) if (data.n - data.registered >= 20) break
    proxy.behave(() => 'pass')
    for (const [owner, id] of [
      [node, first],
      [tenant, second],
    ] as const)
      assert.equal((await ended(owner, id)).registered, 150)
  })

  it('serves others while the job of one cannot go on for now', async () => {
    // asks the ledger for each chunk
    const other = await startNode({
      chain: { ...chain, rpcUrl: proxy.url },
      environment: { BULK_CHUNK_ROWS: '10', LEDGER_CACHE_MS: '1' },
    })
    try {
      const terms = async () => {
        const issuerDid = await makeIssuer(other)
        return { issuerDid, schemaId: await makeSchema(other, issuerDid), proofType: 'eddsa-jcs-2022' }
      }
      const rows = [header, ...lines(300)].join('\n')
      const paused = async (query: Record<string, string>): Promise<string> => {
        const { id } = expect(202, await order(other, { query, rows })).body
        expect(200, await other.call('POST', `${bulkPath}/${id}/pause`))
        for await (const { data } of follow(other, id)) if (data.registered === data.n) break
        return id
      }
      const query = await terms()
      const [stuck, id] = [await paused(query), await paused(await terms())]
      const identity = query.issuerDid.split('0x').at(-1)?.toLowerCase() as string
      proxy.behave((requests) =>
        requests.some(({ params }) => JSON.stringify([params]).toLowerCase().includes(identity))
          ? { refuse: 'not now' }
          : 'pass',
      )
      for (const job of [stuck, id]) expect(200, await other.call('POST', `${bulkPath}/${job}/resume`))
      assert.equal((await ended(other, id)).registered, 300)
      assert.equal(expect(200, await other.call('GET', `${bulkPath}/${stuck}`)).body.state, 'running')
      proxy.behave(() => 'pass')
      assert.equal((await ended(other, stuck)).registered, 300)
    } finally {
      proxy.behave(() => 'pass')
      await other.close()
    }
  })

  it('serves jobs in turn', async () => {
    const long = expect(202, await order(node, { query, rows: [header, ...lines(400)].join('\n') })).body.id
    const short = expect(202, await order(node, { query, rows: [header, ...lines(20)].join('\n') })).body.id
    await ended(node, short)
    const { body } = await node.call('GET', `${bulkPath}/${long}`)
    assert.equal(body.state, 'running')
    expect(200, await node.call('POST', `${bulkPath}/${long}/cancel`))
  })
})

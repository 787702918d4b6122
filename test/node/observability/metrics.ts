import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { createMetrics } from '../../../node/observability/metrics.ts'
import { openDatabase } from '../../../node/stores/database.ts'
import { startNode, type TestNode } from '../../node.ts'
import { postgres } from '../../stacks.ts'
import { at, bachelor, expect, holderDid, makeIssuer, makeSchema } from '../protocols/rest/scenario.ts'
import { startReceiver } from '../webhooks/receiver.ts'
import { parseExposition } from './exposition.ts'

describe('metrics', () => {
  let node: TestNode
  const token = 'a-token-for-metrics'

  before(async () => {
    node = await startNode({ environment: { METRICS_TOKEN: token } })
    const made = await node.call('POST', '/api/v1/dids', { body: { method: 'ethr', keys: ['Ed25519'] } })
    const degree = { type: 'BachelorDegree', name: 'BSc', university: 'MIT', graduationYear: 2025 }
    const holderDid = 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK'
    const terms = { schemaId: 'education-degree-v1', issuerDid: made.body.did, proofType: 'eddsa-jcs-2022' }
    const subjects = Array.from({ length: 3 }, () => ({ holderDid, claims: { degree } }))
    const { status, body } = await node.call('POST', '/api/v1/credentials/issue/batch', {
      body: { ...terms, credentials: subjects },
    })
    assert.equal(status, 200, JSON.stringify(body))
    await node.call('GET', `/api/v1/credentials/${encodeURIComponent(body.results[0].credentialId)}`)
    await node.call('GET', '/nothing')
  })

  after(() => node.close())

  const scrape = async () => {
    const { status, body, headers } = await node.call('GET', '/metrics', { key: token })
    assert.equal(status, 200)
    assert.match(headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
    return parseExposition(body)
  }

  it('are not public', async () => {
    assert.equal((await node.call('GET', '/metrics', { key: null })).status, 401)
    assert.equal((await node.call('GET', '/metrics', { key: 'ck_another' })).status, 401)
    const { body } = await node.call('POST', '/api/v1/api-keys', {
      body: { name: 'x', scopes: ['dids:read'], issuerDids: '*' },
    })
    assert.equal((await node.call('GET', '/metrics', { key: body.key })).status, 403)
    assert.equal((await node.call('GET', '/api/v1/dids', { key: token })).status, 403)
    assert.equal((await node.call('GET', '/metrics')).status, 200)
  })

  it('tell what was done, in the format of Prometheus', async () => {
    const { value } = await scrape()
    const route = '/api/v1/credentials/issue/batch'
    const count = 'cartulary_http_request_duration_seconds_count'
    assert.equal(value(count, { method: 'POST', route, status: '200' }), 1)
    assert.equal(value(count, { method: 'GET', route: '/api/v1/credentials/:id', status: '200' }), 1)
    assert.equal(value(count, { method: 'GET', route: 'unknown', status: '404' }), 1)
    for (let registered = 0; registered < 3; ) {
      const { value: now } = await scrape()
      registered = now('cartulary_credentials_total', { state: 'registered' }) ?? 0
    }
    assert.equal((await scrape()).value('cartulary_credentials_total', { state: 'issued' }), 3)
    assert.equal(value('cartulary_anchor_entries_sum'), 3)
    assert.equal(value('cartulary_anchor_duration_seconds_count', { outcome: 'ok' }), 1)
    assert.ok((value('cartulary_gas_used_total', { call: 'statusLists.registerBatch' }) ?? 0) > 20_000)
    assert.ok(
      (value('cartulary_rpc_request_duration_seconds_count', { method: 'eth_call', outcome: 'ok' }) ?? 0) > 0,
    )
    assert.ok((value('cartulary_relayer_balance_ether') ?? 0) > 9_000)
    assert.ok((value('cartulary_database_query_duration_seconds_count', { outcome: 'ok' }) ?? 0) > 100)
    assert.ok((value('process_resident_memory_bytes') ?? 0) > 1e7)
    assert.ok((value('cartulary_event_loop_delay_seconds', { quantile: '0.99' }) ?? -1) >= 0)
    assert.equal(value('cartulary_scrape_source_up', { source: 'database' }), 1)
    assert.equal(value('cartulary_unanchored_entries'), 0)
    assert.equal(value('cartulary_oldest_unanchored_seconds'), 0)
  })

  it('are listed in the docs, each', async () => {
    const docs = await readFile(new URL('../../../docs/observability.md', import.meta.url), 'utf8')
    const { families } = await scrape()
    const listed = new Set(docs.match(/(?<=`)(cartulary|process)_[a-z_]+/g))
    assert.deepEqual(
      [...families.keys()].filter((name) => !listed.has(name)),
      [],
    )
    assert.deepEqual(
      [...listed].filter((name) => !families.has(name)),
      [],
    )
  })

  it('tell of the pool of connections', async function () {
    if (postgres.missing !== undefined && !process.env.CI) this.skip()
    const registry = createMetrics({
      ...{ depths: () => Promise.reject(new Error('down')), relayerBalance: async () => 10n ** 18n },
      ...{ version: '0', now: () => new Date() },
    })
    const fresh = await postgres.create()
    const database = await openDatabase(fresh.location)
    await Promise.all(Array.from({ length: 10 }, () => database.selectFrom('events').select('id').execute()))
    const { value } = parseExposition((await registry.text()).body)
    assert.ok((value('cartulary_database_connection_wait_seconds_count') ?? 0) >= 10)
    assert.ok((value('cartulary_database_connections', { state: 'used' }) ?? 0) >= 1)
    assert.equal(value('cartulary_scrape_source_up', { source: 'database' }), 0)
    assert.equal(value('cartulary_relayer_balance_ether'), 1)
    registry.close()
    await database.destroy()
    await fresh.drop()
  })

  it('declare each family once, with help and a type that fits', async () => {
    const { families } = await scrape()
    assert.ok(families.size >= 18)
    for (const [name, { type, help, samples }] of families) {
      assert.ok(help.length > 5, name)
      if (type === 'counter') assert.match(name, /_total$/)
      if (type === 'histogram')
        assert.ok(samples.every(({ name: sample }) => /_(bucket|sum|count)$/.test(sample)))
    }
  })
})

describe('metrics of what waits', () => {
  it('grow while the chain stands still and a receiver does not answer, and are zero again afterwards', async () => {
    const receiver = await startReceiver()
    const node = await startNode({ environment: { ANCHOR_WAIT_MS: '100', WEBHOOK_HOSTS: 'loopback' } })
    const { chain } = node
    const answered = Promise.withResolvers<number>()
    try {
      const issuerDid = await makeIssuer(node)
      const terms = { issuerDid, schemaId: await makeSchema(node, issuerDid), proofType: 'eddsa-jcs-2022' }
      const issue = async () => {
        const body = { ...terms, holderDid, claims: bachelor }
        const answer = await node.call('POST', at('credentials', 'issue'), { body })
        assert.ok(answer.status === 201 || answer.status === 202, JSON.stringify(answer.body))
        return at('credentials', answer.body.credentialId)
      }
      const gauges = async () => {
        const { families, value } = parseExposition(expect(200, await node.call('GET', '/metrics')).body)
        const rows = families.get('cartulary_outbox_rows')?.samples ?? []
        return {
          unanchored: value('cartulary_unanchored_entries') as number,
          seconds: value('cartulary_oldest_unanchored_seconds') as number,
          waiting: Object.fromEntries(rows.map(({ labels, value: count }) => [labels.job, count])),
        }
      }
      /** They are read every two seconds at most. */
      const until = async (reached: (told: Awaited<ReturnType<typeof gauges>>) => boolean) => {
        for (;;) {
          const told = await gauges()
          if (reached(told)) return told
          await pause(100)
        }
      }
      const hook = { url: `${receiver.url}/hook`, types: ['credentials.revoked'] }
      const { id } = expect(201, await node.call('POST', at('webhooks'), { body: hook })).body
      receiver.answer('/hook', answered.promise)
      expect(202, await node.call('POST', at('webhooks', id, 'test')))
      await receiver.count('/hook', 1)

      const first = await issue()
      while ((await node.call('GET', first)).body.registration !== 'registered') await pause(10)
      await chain.request('evm_setAutomine', [false])
      await issue()
      const sent = () => chain.request('eth_getBlockTransactionCountByNumber', ['pending'])
      while ((await sent()) === '0x0') await pause(10)
      // those that come while a transaction is in flight wait in the outbox
      await issue()
      await issue()
      const told = await until(({ unanchored }) => unanchored === 3)
      assert.deepEqual(told.waiting, { anchor: 2, webhook: 1 })
      assert.ok(told.seconds > 0)
      const later = await until(({ seconds }) => seconds > told.seconds + 1)
      assert.equal(later.unanchored, 3)

      await chain.request('evm_setAutomine', [true])
      await chain.request('evm_mine')
      answered.resolve(204)
      const after = await until(({ unanchored, waiting }) => unanchored + Object.keys(waiting).length === 0)
      assert.equal(after.seconds, 0)
    } finally {
      answered.resolve(204)
      await node.close()
      await receiver.close()
    }
  })
})

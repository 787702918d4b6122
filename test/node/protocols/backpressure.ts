import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { startChain, type TestChain } from '../../chain.ts'
import { type ChainProxy, startChainProxy } from '../../chain-proxy.ts'
import { startNode, type TestNode } from '../../node.ts'
import { bachelor, makeIssuer, makeTenant } from './rest/scenario.ts'

const holderDid = 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK'
const claims = { degree: { name: 'Bachelor of Science' } }
const jsonSchema = {
  type: 'object',
  properties: { degree: { type: 'object', properties: { name: { type: 'string' } } } },
}

describe('a node that is asked for more than it can do', () => {
  let chain: TestChain
  let proxy: ChainProxy
  let node: TestNode
  let terms: { issuerDid: string; schemaId: string; proofType: string }

  before(async () => {
    chain = await startChain()
    proxy = await startChainProxy(chain.rpcUrl)
    node = await startNode({
      chain: { ...chain, rpcUrl: proxy.url },
      environment: { IN_PROGRESS_BYTES: '3000000', UNREGISTERED_LIMIT: '50', ANCHOR_WAIT_MS: '200' },
    })
    const { body } = await node.call('POST', '/api/v1/dids', { body: { keys: ['Ed25519'] } })
    const schema = { issuerDid: body.did, name: 'degree', version: '1', jsonSchema }
    const { schemaId } = (await node.call('POST', '/api/v1/schemas', { body: schema })).body
    terms = { issuerDid: body.did, schemaId, proofType: 'eddsa-jcs-2022' }
  })

  after(async () => {
    await node?.close()
    await proxy?.close()
    await chain?.close()
  })

  const issue = () =>
    node.call('POST', '/api/v1/credentials/issue', { body: { ...terms, holderDid, claims } })
  const batchOf = (count: number) => ({
    ...terms,
    credentials: Array.from({ length: count }, () => ({ holderDid, claims })),
  })
  const isBusy = ({ status, body, headers }: Awaited<ReturnType<typeof issue>>, code: string) =>
    status === 503 && body.code === code && Number(headers.get('retry-after')) > 0

  it('refuses requests beyond their weight at once, and answers those that only read', async () => {
    const weightless = await node.call('POST', '/api/v1/credentials/issue/batch', { body: batchOf(1_500) })
    assert.equal(weightless.status < 300, true, 'one alone may weigh more than all together')
    await untilRegistered()
    const bodies = Array.from({ length: 12 }, () =>
      node.call('POST', '/api/v1/credentials/verify', {
        body: { credential: 'x'.repeat(30_000) },
        key: null,
      }),
    )
    const known = Array.from({ length: 8 }, () =>
      node.call('POST', '/api/v1/credentials/issue/batch', { body: batchOf(1_000) }),
    )
    const reads = Array.from({ length: 20 }, () => node.call('GET', '/health/live', { key: null }))
    const answers = await Promise.all([...bodies, ...known])
    const refused = answers.filter((answer) => isBusy(answer, 'NODE_BUSY'))
    assert.ok(refused.length >= 3, `${refused.length} refused`)
    assert.ok(answers.length - refused.length >= 2)
    assert.ok((await Promise.all(reads)).every(({ status }) => status === 200))
    await untilRegistered()
    assert.ok((await issue()).status < 300, 'and it goes on by itself')
  })

  it('forgets the weight of those who hang up', async () => {
    for (let round = 0; round < 30; round++) {
      const sent = request(`${node.node.url}/api/v1/credentials/issue/batch`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${node.adminApiKey}`,
          'content-type': 'application/json',
          'content-length': 150_000,
        },
      })
      sent.on('error', () => {})
      sent.write('{')
      await delay(10)
      sent.destroy()
    }
    await delay(100)
    assert.ok((await issue()).status < 300)
  })

  it('lets no tenant keep the others out with bodies that do not arrive', async () => {
    const [slow, calm] = [
      await makeTenant(node, { tenantId: 'slow' }),
      await makeTenant(node, { tenantId: 'calm' }),
    ]
    const uploads = Array.from({ length: 4 }, () => {
      const sent = request(`${node.node.url}/api/v1/credentials/issue/batch`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${slow.adminApiKey}`,
          'content-type': 'application/json',
          'content-length': 30_000_000,
        },
      })
      sent.on('error', () => {})
      sent.write('{')
      return sent
    })
    try {
      const answered = uploads.map((sent) =>
        once(sent, 'response').then(
          ([{ statusCode }]) => statusCode,
          () => 'hung up',
        ),
      )
      assert.equal(await Promise.race(answered), 503, 'of its own requests it gets in one that is so long')
      const small = { body: { method: 'key' } }
      assert.equal((await calm.call('POST', '/api/v1/dids', small)).status, 201)
      assert.ok((await issue()).status < 300)
      assert.ok(isBusy(await slow.call('POST', '/api/v1/dids', small), 'NODE_BUSY'))
    } finally {
      for (const sent of uploads) sent.destroy()
    }
  })

  it('issues no more while too many wait for the ledger, loses none of them, and recovers', async () => {
    const listed = async () =>
      (await node.call('GET', '/api/v1/credentials?limit=100')).body.items as { registration: string }[]
    proxy.behave((requests) =>
      requests.some(({ method }) => method === 'eth_sendRawTransaction') ? 'stall' : 'pass',
    )
    const acknowledged: string[] = []
    let refused = 0
    const deadline = Date.now() + 30_000
    while (refused < 20 && Date.now() < deadline) {
      for (const answer of await Promise.all(Array.from({ length: 20 }, issue))) {
        if (answer.status === 202) acknowledged.push(answer.body.credentialId)
        else if (isBusy(answer, 'LEDGER_BEHIND')) refused++
        else assert.fail(`${answer.status} ${JSON.stringify(answer.body)}`)
      }
    }
    assert.ok(refused >= 20)
    assert.ok(acknowledged.length >= 50 && acknowledged.length < 150, `${acknowledged.length} acknowledged`)
    assert.equal((await node.call('GET', '/health/live', { key: null })).status, 200)
    assert.ok((await listed()).length > 0)
    proxy.behave(() => 'pass')
    await untilRegistered()
    for (const id of acknowledged) {
      const { status } = await node.call('GET', `/api/v1/credentials/${encodeURIComponent(id)}/registration`)
      assert.equal(status, 200)
    }
    assert.equal((await issue()).status < 300, true)
  })

  it('lets no tenant fill alone what may wait for the ledger', async () => {
    const tenants = []
    for (const tenantId of ['eager', 'patient']) {
      const as = await makeTenant(node, { tenantId })
      const issuerDid = await makeIssuer(as)
      const body = { issuerDid, schemaId: 'education-degree-v1', holderDid, claims: bachelor }
      const own = () => as.call('POST', '/api/v1/credentials/issue', { body })
      // with its first status lists
      while ((await own()).body.registration !== 'registered') await delay(100)
      tenants.push(own)
    }
    const [eager, patient] = tenants as [typeof issue, typeof issue]
    await untilRegistered()
    proxy.behave((requests) =>
      requests.some(({ method }) => method === 'eth_sendRawTransaction') ? 'stall' : 'pass',
    )
    try {
      let own = 0
      for (;;) {
        const answer = await eager()
        if (isBusy(answer, 'LEDGER_BEHIND')) break
        assert.equal(answer.status, 202)
        own++
      }
      assert.ok(own >= 37 && own < 50, `${own} of 50`)
      assert.equal((await patient()).status, 202)
      assert.equal((await issue()).status, 202)
      assert.ok(isBusy(await eager(), 'LEDGER_BEHIND'))
    } finally {
      proxy.behave(() => 'pass')
    }
    await untilRegistered()
    assert.ok((await eager()).status < 300)
  })

  /** Waits until nothing is refused any more. */
  async function untilRegistered(): Promise<void> {
    const deadline = Date.now() + 60_000
    for (;;) {
      const { body } = await node.call('GET', '/api/v1/credentials?limit=100')
      if (body.items.every((item: { registration: string }) => item.registration === 'registered')) {
        // the count of those who wait is asked for once a second
        await delay(1_100)
        return
      }
      assert.ok(Date.now() < deadline, 'not all were registered')
      await delay(100)
    }
  }
})

import assert from 'node:assert/strict'
import { Webhook as Judge } from 'standardwebhooks'
import { startNode, type TestNode } from '../../node.ts'
import { type Receiver, startReceiver } from './receiver.ts'

describe('webhooks of a node', () => {
  let node: TestNode
  let receiver: Receiver

  before(async () => {
    receiver = await startReceiver()
    node = await startNode({ environment: { WEBHOOK_HOSTS: 'loopback' } })
  })

  before(async () => {
    // what the node made at its start has its place before anybody is told
    while ((await node.call('GET', '/api/v1/audit')).body.items.length < 7)
      await new Promise((resolve) => setTimeout(resolve, 50))
  })

  after(async () => {
    await node.close()
    await receiver.close()
  })

  const api = (method: string, path: string, body?: object) =>
    node.call(method, `/api/v1/webhooks${path}`, body ? { body } : {})

  it('are told of what happens, and of a test', async () => {
    const { status, body } = await api('POST', '', { url: `${receiver.url}/hook`, types: ['did.created'] })
    assert.equal(status, 201)
    const judge = new Judge(body.secret)
    const { did } = (await node.call('POST', '/api/v1/dids', { body: { method: 'key' } })).body
    const [created] = await receiver.count('/hook', 1)
    const told = judge.verify(created!.body, created!.headers as Record<string, string>)
    const { data, type } = told as { type: string; data: { subject: string } }
    assert.deepEqual([type, data.subject], ['did.created', did])
    assert.equal((await api('POST', `/${body.id}/test`)).status, 202)
    const [, test] = await receiver.count('/hook', 2)
    judge.verify(test!.body, test!.headers as Record<string, string>)
    const state = async () => (await api('GET', `/${body.id}/deliveries`)).body.items
    while ((await state()).some((each: { state: string }) => each.state !== 'delivered'))
      await new Promise((resolve) => setTimeout(resolve, 20))
    const [, first] = await state()
    assert.equal((await api('POST', `/${body.id}/deliveries/${first.id}/replay`)).status, 202)
    const [, , again] = await receiver.count('/hook', 3)
    assert.equal(again!.headers['webhook-id'], created!.headers['webhook-id'])
  })

  it('show their secret once, and are changed, replaced and deleted', async () => {
    const { body } = await api('POST', '', { url: `${receiver.url}/x`, types: ['*'], description: 'ours' })
    const { secret, ...shown } = body
    assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/)
    assert.deepEqual((await api('GET', `/${body.id}`)).body, shown)
    assert.ok((await api('GET', '')).body.items.length >= 2)
    const changed = await api('PATCH', `/${body.id}`, { enabled: false, types: ['did.updated'] })
    assert.equal(changed.body.disabledReason, 'by request')
    const rotated = await api('POST', `/${body.id}/secret`)
    assert.equal(rotated.status, 201)
    assert.notEqual(rotated.body.secret, secret)
    assert.equal((await api('DELETE', `/${body.id}`)).status, 204)
    const gone = await api('GET', `/${body.id}`)
    assert.deepEqual([gone.status, gone.body.code], [404, 'WEBHOOK_NOT_FOUND'])
    assert.equal((await api('POST', '', { url: `${receiver.url}/x`, types: ['nothing'] })).status, 400)
    assert.equal((await api('POST', '', { url: 'http://10.0.0.1/x', types: ['*'] })).status, 400)
  })
})

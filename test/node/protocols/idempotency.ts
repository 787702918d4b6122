import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { startNode, type TestNode } from '../../node.ts'

describe('requests with an Idempotency-Key', () => {
  let node: TestNode

  before(async () => {
    node = await startNode()
  })

  after(async () => {
    await node?.close()
  })

  const post = (path: string, key: string, body: unknown, headers: Record<string, string> = {}) =>
    node.call('POST', `/api/v1${path}`, { body, headers: { 'idempotency-key': key, ...headers } })
  const fresh = () => `"${randomUUID()}"`
  const apiKey = { name: 'a key', scopes: ['credentials:read'], issuerDids: '*' }

  it('get the same answer again, byte for byte, and do what they ask for once', async () => {
    const key = fresh()
    const first = await post('/api-keys', key, apiKey)
    assert.equal(first.status, 201)
    assert.equal(first.headers.get('idempotency-replayed'), null)
    const again = await post(
      '/api-keys',
      key,
      `{ "issuerDids":"*", "scopes":["credentials:read"],\n"name":"a key"}`,
    )
    assert.equal(again.status, 201)
    assert.deepEqual(again.body, first.body)
    assert.equal(again.headers.get('idempotency-replayed'), 'true')
    for (const name of ['content-type', 'cache-control'])
      assert.equal(again.headers.get(name), first.headers.get(name))
    const { body } = await node.call('GET', '/api/v1/api-keys')
    assert.equal(body.items.length, 1)
  })
})

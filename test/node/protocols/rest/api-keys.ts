import assert from 'node:assert/strict'
import { startNode, type TestNode } from '../../../node.ts'
import { at, expect, expectProblem } from './scenario.ts'

const issuerDid = `did:ethr:0x7a69:0x${'12'.repeat(20)}`

describe('API keys over HTTP', () => {
  let node: TestNode

  before(async () => {
    node = await startNode()
  })
  after(() => node.close())

  const make = (body: Record<string, unknown>, key?: string) =>
    node.call('POST', '/api/v1/api-keys', { body, ...(key && { key }) })

  it('are made, listed without the key, and revoked', async () => {
    const wanted = { name: 'clerk', scopes: ['credentials:read'], issuerDids: [issuerDid] }
    const { body, headers } = expect(201, await make(wanted))
    assert.equal(headers.get('cache-control'), 'no-store')
    const { key, ...record } = body
    assert.match(key, /^ck_[\w-]{43}$/)
    assert.deepEqual(
      { ...record, id: '', createdAt: '' },
      { ...wanted, id: '', tenantId: 'default', createdAt: '' },
    )
    expect(200, await node.call('GET', '/api/v1/credentials', { key }))

    const list = expect(200, await node.call('GET', '/api/v1/api-keys'))
    assert.ok(list.body.items.some(({ id }: { id: string }) => id === record.id))
    assert.ok(!JSON.stringify(list.body).includes(key))
    assert.deepEqual(expect(200, await node.call('GET', at('api-keys', record.id))).body, record)

    expect(204, await node.call('DELETE', at('api-keys', record.id)))
    expectProblem(401, 'UNAUTHORIZED', await node.call('GET', '/api/v1/credentials', { key }))
    expectProblem(404, 'API_KEY_NOT_FOUND', await node.call('DELETE', at('api-keys', record.id)))
    expectProblem(404, 'API_KEY_NOT_FOUND', await node.call('GET', at('api-keys', 'none')))
  })

  it('are refused with an unknown scope, no scope, or no word on issuers', async () => {
    for (const body of [
      { name: 'x', scopes: ['everything'], issuerDids: '*' },
      { name: 'x', scopes: [], issuerDids: '*' },
      { name: 'x', scopes: ['dids:read'] },
      { name: 'x', scopes: ['dids:read'], issuerDids: [] },
      { name: 'x', scopes: ['dids:read'], issuerDids: ['nobody'] },
    ]) {
      expectProblem(400, 'MALFORMED_REQUEST', await make(body))
    }
  })

  it('give no more than their maker has', async () => {
    const { key } = expect(
      201,
      await make({ name: 'a', scopes: ['keys:admin'], issuerDids: [issuerDid] }),
    ).body
    expectProblem(
      403,
      'FORBIDDEN',
      await make({ name: 'b', scopes: ['dids:read'], issuerDids: [issuerDid] }, key),
    )
    expectProblem(403, 'FORBIDDEN', await make({ name: 'b', scopes: ['keys:admin'], issuerDids: '*' }, key))
    expect(201, await make({ name: 'b', scopes: ['keys:admin'], issuerDids: [issuerDid] }, key))
  })

  it('that are bound to issuers make no further DIDs', async () => {
    const { key } = expect(
      201,
      await make({ name: 'd', scopes: ['dids:write'], issuerDids: [issuerDid] }),
    ).body
    expectProblem(403, 'FORBIDDEN', await node.call('POST', '/api/v1/dids', { body: {}, key }))
  })
})

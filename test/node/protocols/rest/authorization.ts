import assert from 'node:assert/strict'
import { type Scope, scopes } from '../../../../node/access/caller.ts'
import { startNode, type TestNode } from '../../../node.ts'

interface Operation {
  method: string
  path: string
  /** Undefined for a public address. */
  scope: Scope | undefined
}

describe('authorization of every address', () => {
  let node: TestNode
  let operations: Operation[]

  before(async () => {
    node = await startNode()
    const { body } = await node.call('GET', '/openapi.json')
    operations = Object.entries(body.paths).flatMap(([path, methods]) =>
      Object.entries(methods as Record<string, { security: { apiKey?: Scope[] }[] }>).map(
        ([method, { security }]) => ({
          method: method.toUpperCase(),
          path: path.replaceAll(/\{\w+\}/g, 'did:ethr:0x7a69:0x0000000000000000000000000000000000000001'),
          scope: security[0]?.apiKey?.[0],
        }),
      ),
    )
  })
  after(() => node.close())

  const keyWith = async (wanted: readonly Scope[]) => {
    const body = { name: 'matrix', scopes: wanted, issuerDids: '*' }
    const answer = await node.call('POST', '/api/v1/api-keys', { body })
    assert.equal(answer.status, 201)
    return answer.body.key as string
  }

  it('covers every address of the API', () => {
    assert.ok(operations.length >= 30)
    assert.deepEqual(
      scopes.filter((scope) => !operations.some((operation) => operation.scope === scope)),
      [],
    )
  })

  it('lets nobody without a key, or with an unknown one, past an address that is not public', async () => {
    for (const { method, path, scope } of operations.filter((operation) => operation.scope)) {
      for (const key of [null, 'ck_unknown']) {
        const { status, body, headers } = await node.call(method, path, { key })
        assert.equal(status, 401, `${method} ${path} (${scope})`)
        assert.equal(body.code, 'UNAUTHORIZED')
        assert.equal(headers.get('www-authenticate'), 'Bearer')
      }
    }
  })

  it('answers a key that is nearly one as any other', async () => {
    const key = await keyWith(['dids:read'])
    const nearly = (known: string) => known.slice(0, -2) + (known.endsWith('AA') ? 'BB' : 'AA')
    const answers = await Promise.all(
      ['ck_unknown', nearly(key), key.slice(0, -1), `${key}A`, nearly(node.adminApiKey)].map(
        async (other) => {
          const { status, headers, body } = await node.call('GET', '/api/v1/dids', { key: other })
          const { requestId, ...problem } = body
          return { status, length: headers.get('content-length'), names: [...headers.keys()], problem }
        },
      ),
    )
    assert.equal(answers[0]?.status, 401)
    for (const answer of answers) assert.deepEqual(answer, answers[0])
  })

  it('lets a key with every scope but the right one past none of them', async () => {
    for (const scope of scopes) {
      const key = await keyWith(scopes.filter((other) => other !== scope))
      for (const { method, path } of operations.filter((operation) => operation.scope === scope)) {
        const { status, body } = await node.call(method, path, { key })
        assert.deepEqual([status, body.code, body.scope], [403, 'FORBIDDEN', scope], `${method} ${path}`)
      }
    }
  })

  it('lets a key with the right scope alone past', async () => {
    for (const scope of scopes) {
      const key = await keyWith([scope])
      for (const { method, path } of operations.filter((operation) => operation.scope === scope)) {
        const { status, body } = await node.call(method, path, { key })
        assert.notEqual(status, 401, `${method} ${path}`)
        assert.ok(!body?.detail?.includes('lacks the scope'), `${method} ${path}`)
      }
    }
  })

  it('asks no key of a public address', async () => {
    for (const { method, path } of operations.filter((operation) => !operation.scope)) {
      const { status } = await node.call(method, path, { key: null })
      assert.ok(![401, 403].includes(status), `${method} ${path}: ${status}`)
    }
  })
})

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { errorTable } from '../../node/errors.ts'
import { startNode, type TestNode } from '../node.ts'

/** What comes back for these bytes. */
async function exchange(node: TestNode, sent: string): Promise<string> {
  const socket = connect(Number(new URL(node.node.url).port), '127.0.0.1')
  socket.write(sent)
  let text = ''
  for await (const chunk of socket) text += chunk
  return text
}

describe('the server', () => {
  let node: TestNode

  before(async () => {
    node = await startNode({ environment: { BODY_LIMIT: '2000', BATCH_BODY_LIMIT: '4000' } })
  })
  after(() => node.close())

  const verify = (body: string, headers: Record<string, string> = {}) =>
    node.call('POST', '/api/v1/credentials/verify', { body, headers })

  it('answers errors with problem documents', async () => {
    const { status, headers, body } = await node.call('GET', '/api/v1/nothing?secret=1')
    assert.equal(status, 404)
    assert.equal(headers.get('content-type'), 'application/problem+json')
    assert.deepEqual(
      { ...body, requestId: typeof body.requestId },
      {
        type: 'urn:cartulary:error:NOT_FOUND',
        title: 'There is nothing at this address.',
        status: 404,
        detail: 'There is nothing at this address.',
        code: 'NOT_FOUND',
        instance: '/api/v1/nothing',
        requestId: 'string',
        retryable: false,
      },
    )
  })

  it('names the methods of an address that is asked with another', async () => {
    const { status, headers, body } = await node.call('DELETE', '/api/v1/network')
    assert.deepEqual([status, body.code, headers.get('allow')], [405, 'METHOD_NOT_ALLOWED', 'GET, HEAD'])
  })

  it('lists every violation of a body with its pointer', async () => {
    const body = { schemaId: 1, issuerDid: 'nobody', claims: [], 'a/b': 1, revocable: 'yes' }
    const answer = await node.call('POST', '/api/v1/credentials/issue', { body })
    assert.deepEqual([answer.status, answer.body.code], [400, 'MALFORMED_REQUEST'])
    assert.deepEqual(answer.body.errors.map(({ pointer }: { pointer: string }) => pointer).sort(), [
      '/a~1b',
      '/claims',
      '/holderDid',
      '/issuerDid',
      '/revocable',
      '/schemaId',
    ])
  })

  it('refuses bodies that are no strict JSON', async () => {
    for (const body of [
      '{',
      '{"credential":{},"credential":{}}',
      '{"__proto__":{}}',
      '['.repeat(70) + ']'.repeat(70),
    ]) {
      const answer = await verify(body)
      assert.deepEqual([answer.status, answer.body.code], [400, 'MALFORMED_REQUEST'], body)
    }
  })

  it('refuses other media types and bodies that are too large', async () => {
    const other = await verify('{}', { 'content-type': 'text/plain' })
    assert.deepEqual([other.status, other.body.code], [415, 'UNSUPPORTED_MEDIA_TYPE'])
    const large = await verify(JSON.stringify({ credential: 'x'.repeat(2_000) }))
    assert.deepEqual([large.status, large.body.code], [413, 'PAYLOAD_TOO_LARGE'])
    const batch = await node.call('POST', '/api/v1/credentials/issue/batch', {
      body: { a: 'x'.repeat(3_000) },
    })
    assert.equal(batch.status, 400)
    const largeBatch = await node.call('POST', '/api/v1/credentials/issue/batch', {
      body: { a: 'x'.repeat(5_000) },
    })
    assert.equal(largeBatch.status, 413)
  })

  it('takes long percent-encoded ids, and refuses endless and broken ones', async () => {
    const long = encodeURIComponent(`urn:uuid:${'/'.repeat(600)}`)
    const answer = await node.call('GET', `/api/v1/credentials/${long}/status`)
    assert.deepEqual([answer.status, answer.body.code], [404, 'CREDENTIAL_NOT_FOUND'])
    for (const id of ['x'.repeat(10_000), '%zz']) {
      const refused = await node.call('GET', `/api/v1/credentials/${id}/status`)
      assert.deepEqual([refused.status, refused.body.code], [400, 'MALFORMED_REQUEST'])
    }
  })

  it('answers what is no request, or too large for one, with a problem document, and lives on', async () => {
    for (const [sent, status, code] of [
      ['nonsense\r\n\r\n', 400, 'MALFORMED_REQUEST'],
      [`GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'HEADERS_TOO_LARGE'],
      [`GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431, 'HEADERS_TOO_LARGE'],
    ] as const) {
      const [head = '', body = ''] = (await exchange(node, sent)).split('\r\n\r\n')
      assert.match(head, new RegExp(`^HTTP/1\\.1 ${status} `))
      assert.match(head, /content-type: application\/problem\+json/i)
      assert.deepEqual([JSON.parse(body).code, JSON.parse(body).status], [code, status])
    }
    assert.equal((await node.call('GET', '/health/live')).status, 200)
  })

  it('refuses with a problem document what comes by an open connection while it stops', async () => {
    const stopping = await startNode({ chain: node.chain })
    const socket = connect(Number(new URL(stopping.node.url).port), '127.0.0.1')
    const request = 'GET /health/live HTTP/1.1\r\nHost: x\r\n'
    // headers that are still on their way keep the connection from being idle
    socket.write(request)
    await once(socket, 'connect')
    await stopping.call('GET', '/health/live')
    const stopped = stopping.close()
    socket.write('\r\n')
    let text = ''
    for await (const chunk of socket) text += chunk
    await stopped
    assert.match(text, /^HTTP\/1\.1 503 /)
    assert.match(text, /application\/problem\+json/)
    assert.match(text, /"code":"NODE_STOPPING".*"retryable":true/)
  })

  it('sends security headers', async () => {
    const { headers } = await node.call('GET', '/api/v1/network')
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
    assert.equal(headers.get('content-security-policy'), "default-src 'none';frame-ancestors 'none'")
    assert.equal(headers.get('x-powered-by'), null)
    assert.equal(headers.get('access-control-allow-origin'), '*')
    assert.equal((await node.call('GET', '/api/v1/dids')).headers.get('access-control-allow-origin'), null)
  })

  it('describes every code that it may answer with', async () => {
    const text = JSON.stringify((await node.call('GET', '/openapi.json', { key: null })).body)
    const untold = Object.keys(errorTable).filter((code) => !text.includes(`\`${code}\``))
    // of a start, of verdicts, of deliveries and of exchanges
    assert.deepEqual(untold.sort(), [
      'CHAIN_MISMATCH',
      'CREDENTIAL_NOT_AS_OFFERED',
      'PEER_UNREACHABLE',
      'QUEUE_UNAVAILABLE',
      'STATUS_LIST_UNREACHABLE',
      'WEBHOOK_GONE',
      'WEBHOOK_UNREACHABLE',
    ])
  })

  it('describes itself as OpenAPI 3.1, with every call', async () => {
    const { body } = await node.call('GET', '/openapi.json', { key: null })
    assert.match(body.openapi, /^3\.1\./)
    type Operations = Record<string, { operationId?: string }>
    const operations = Object.values(body.paths as Record<string, Operations>).flatMap(Object.values)
    const ids = operations.map(({ operationId }) => operationId)
    for (const id of ids) assert.match(id ?? '', /^[a-z][A-Za-z0-9]+$/)
    assert.equal(new Set(ids).size, ids.length)
    assert.ok(ids.includes('issueCredential') && ids.includes('postCredentialsIssue'))
    for (const path of [
      '/dids',
      '/schemas',
      '/credentials/issue',
      '/credentials/issue/batch',
      '/credentials/verify',
    ]) {
      const { post } = body.paths[`/api/v1${path}`]
      assert.ok(post.requestBody.content['application/json'].schema, path)
      assert.ok(post.summary, path)
      assert.match(post.responses['400'].description, /MALFORMED_REQUEST/)
    }
    const page = await node.call('GET', '/docs', { key: null })
    assert.equal(page.status, 200)
    assert.match(page.headers.get('content-type') ?? '', /text\/html/)
  })

  it('is live, and ready with everything it stands on', async () => {
    assert.deepEqual((await node.call('GET', '/health/live', { key: null })).body, { status: 'live' })
    const { status, body } = await node.call('GET', '/health/ready', { key: null })
    assert.equal(status, 200)
    assert.deepEqual(body, {
      status: 'ready',
      dependencies: {
        chain: { status: 'up' },
        database: { status: 'up' },
        keyStore: { status: 'up' },
        relayer: { status: 'up' },
      },
    })
  })
})

describe('rate limits', () => {
  let node: TestNode

  before(async () => {
    node = await startNode({ environment: { RATE_LIMIT: '5', RATE_LIMIT_ANONYMOUS: '3' } })
  })
  after(() => node.close())

  const statuses = async (count: number, key: string | null) => {
    const answers = await Promise.all(
      Array.from({ length: count }, () => node.call('GET', '/api/v1/network', { key })),
    )
    return answers.map(({ status }) => status).sort()
  }

  it('count each key and each address without one by themselves', async () => {
    assert.deepEqual(await statuses(4, null), [200, 200, 200, 429])
    assert.deepEqual(await statuses(6, node.adminApiKey), [200, 200, 200, 200, 200, 429])
  })

  it('tell when to come again', async () => {
    const { status, body, headers } = await node.call('GET', '/api/v1/network', { key: null })
    assert.deepEqual([status, body.code, body.retryable], [429, 'RATE_LIMIT_EXCEEDED', true])
    assert.ok(Number(headers.get('retry-after')) > 0)
  })

  it('tell callers behind a trusted proxy apart, and believe nobody else', async () => {
    const from = (address: string, target: TestNode) =>
      target.call('GET', '/api/v1/network', { key: null, headers: { 'x-forwarded-for': address } })
    assert.equal((await from('203.0.113.1', node)).status, 429)
    const environment = { RATE_LIMIT_ANONYMOUS: '1', TRUST_PROXY: '127.0.0.1' }
    const proxied = await startNode({ chain: node.chain, environment })
    try {
      const addresses = ['203.0.113.1', '203.0.113.2', '203.0.113.1']
      const answers = []
      for (const address of addresses) answers.push((await from(address, proxied)).status)
      assert.deepEqual(answers, [200, 200, 429])
    } finally {
      await proxied.close()
    }
  })

  it('leave health checks alone', async () => {
    assert.equal((await node.call('GET', '/health/live', { key: null })).status, 200)
  })

  it('count wrong keys as coming from their address', async () => {
    assert.equal((await node.call('GET', '/api/v1/dids', { key: 'ck_guess' })).status, 429)
  })
})

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { startChain, type TestChain } from '../../chain.ts'
import { type ChainProxy, startChainProxy } from '../../chain-proxy.ts'
import { type Answer, startNode, type TestNode } from '../../node.ts'

const apiKey = { name: 'a key', scopes: ['credentials:read'], issuerDids: '*' }
const claims = { degree: { name: 'Bachelor of Science' } }
const holderDid = 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK'
const jsonSchema = {
  type: 'object',
  properties: { degree: { type: 'object', properties: { name: { type: 'string' } } } },
}

describe('requests with an Idempotency-Key', () => {
  let chain: TestChain
  let proxy: ChainProxy
  let node: TestNode

  before(async () => {
    chain = await startChain()
    proxy = await startChainProxy(chain.rpcUrl)
    node = await startNode({
      chain: { ...chain, rpcUrl: proxy.url },
      environment: { IDEMPOTENCY_RECORDS: '60' },
    })
  })

  after(async () => {
    await node?.close()
    await proxy?.close()
    await chain?.close()
  })

  const fresh = () => `"${randomUUID()}"`
  const post = (path: string, key: string, body: unknown, options: { key?: string | null } = {}) =>
    node.call('POST', `/api/v1${path}`, { body, headers: { 'idempotency-key': key }, ...options })
  const isReplayed = ({ headers }: Answer) => headers.get('idempotency-replayed') === 'true'
  const apiKeys = async () => (await node.call('GET', '/api/v1/api-keys')).body.items.length as number
  const newIssuer = async () => {
    const { did: issuerDid } = (await node.call('POST', '/api/v1/dids', { body: {} })).body
    const name = `s${randomUUID().slice(0, 8)}`
    const schema = { issuerDid, name, version: '1', jsonSchema }
    const { schemaId } = (await node.call('POST', '/api/v1/schemas', { body: schema })).body
    return { issuerDid, schemaId, proofType: 'eddsa-jcs-2022' }
  }

  it('get the same answer again, byte for byte, and do what they ask for once', async () => {
    const key = fresh()
    const before = await apiKeys()
    const first = await post('/api-keys', key, apiKey)
    assert.equal(first.status, 201)
    assert.equal(isReplayed(first), false)
    // the same JSON in other words, and the key without its quotation marks
    const text = `{ "issuerDids":"*", "scopes":["credentials:read"],\n"n\\u0061me":"a key"}`
    for (const again of [
      await post('/api-keys', key, text),
      await post('/api-keys', key.slice(1, -1), apiKey),
    ]) {
      assert.equal(again.status, 201)
      assert.deepEqual(again.body, first.body)
      assert.ok(isReplayed(again))
      for (const name of ['content-type', 'cache-control'])
        assert.equal(again.headers.get(name), first.headers.get(name))
    }
    assert.equal(await apiKeys(), before + 1)
  })

  it('are refused with another body or address', async () => {
    const key = fresh()
    await post('/api-keys', key, apiKey)
    for (const [path, body] of [
      ['/api-keys', { ...apiKey, name: 'another' }],
      ['/dids', {}],
    ] as const) {
      const { status, body: problem } = await post(path, key, body)
      assert.deepEqual([status, problem.code, problem.retryable], [422, 'IDEMPOTENCY_KEY_REUSED', false])
    }
  })

  it('belong to the API key that sent them', async () => {
    const key = fresh()
    const scopes = ['keys:admin', 'credentials:read']
    const { key: other } = (await post('/api-keys', fresh(), { ...apiKey, scopes })).body
    const first = await post('/api-keys', key, apiKey)
    const second = await post('/api-keys', key, apiKey, { key: other })
    assert.equal(second.status, 201)
    assert.notEqual(second.body.key, first.body.key)
  })

  it('are answered once while they are under way', async () => {
    const terms = await newIssuer()
    const key = fresh()
    const body = { ...terms, holderDid, claims }
    proxy.behave(() => 'pass')
    const answers = await Promise.all(Array.from({ length: 6 }, () => post('/credentials/issue', key, body)))
    const issued = answers.filter(({ status }) => status === 201)
    const waiting = answers.filter(({ status }) => status === 409)
    assert.ok(issued.length >= 1)
    assert.equal(issued.length + waiting.length, answers.length)
    assert.ok(
      waiting.every((answer) => answer.body.code === 'IDEMPOTENCY_KEY_IN_USE' && answer.body.retryable),
    )
    assert.ok(waiting.every(({ headers }) => headers.get('retry-after') === '1'))
    assert.equal(new Set(issued.map((answer) => answer.body.credentialId)).size, 1)
    const again = await post('/credentials/issue', key, body)
    assert.deepEqual(again.body, issued[0]?.body)
  })

  it('are told a refusal again, and nothing that may be another answer later', async () => {
    const terms = await newIssuer()
    const refused = { ...terms, holderDid, claims: { degree: 1 } }
    const key = fresh()
    const first = await post('/credentials/issue', key, refused)
    assert.deepEqual([first.status, first.body.code], [422, 'SCHEMA_VALIDATION_FAILED'])
    const again = await post('/credentials/issue', key, refused)
    assert.ok(isReplayed(again))
    assert.deepEqual(again.body, first.body)

    proxy.behave((requests) =>
      requests.some(({ method }) => method === 'eth_sendRawTransaction') ? { refuse: 'no' } : 'pass',
    )
    const did = fresh()
    const down = await post('/dids', did, { keys: ['Ed25519'] })
    proxy.behave(() => 'pass')
    assert.ok(down.status >= 500, `${down.status}`)
    const up = await post('/dids', did, { keys: ['Ed25519'] })
    assert.equal(up.status, 201, JSON.stringify(up.body))
    assert.equal(isReplayed(up), false)
  })

  it('want a key that is a string', async () => {
    for (const key of ['""', '"a', 'a b', '"a\\b"', `"${'a'.repeat(256)}"`, '1, 2', '"a";b=1', 'a"b']) {
      const { status, body } = await post('/api-keys', key, apiKey)
      assert.deepEqual([status, body.code], [400, 'MALFORMED_REQUEST'], key)
    }
    assert.equal((await post('/api-keys', '"a \\"b\\" \\\\"', apiKey)).status, 201)
  })

  it('leave nothing readable behind', async () => {
    const { body } = await post('/api-keys', fresh(), { ...apiKey, name: 'nobody reads this' })
    const database = new DatabaseSync(join(node.dataDir, 'cartulary.db'), { readOnly: true })
    const rows = JSON.stringify(database.prepare('select * from idempotency').all())
    database.close()
    assert.equal(rows.includes('nobody reads this') || rows.includes(body.key), false)
  })

  it('are repeated from the records where the answer is too long to be kept', async () => {
    const terms = await newIssuer()
    const credentials = Array.from({ length: 1_000 }, (_, row) => ({
      holderDid,
      claims: row === 7 ? { degree: 7 } : claims,
    }))
    const key = fresh()
    const body = { ...terms, credentials }
    const path = '/credentials/issue/batch?include=credentials'
    const first = await post(path, key, body)
    assert.ok(JSON.stringify(first.body).length > 1_048_576)
    const again = await post(path, key, body)
    assert.equal(isReplayed(again), false)
    assert.deepEqual(again.body, first.body)
    assert.equal(first.body.failed, 1)
  })

  it('are limited for each tenant', async () => {
    // what is here already counts from the first look on
    const answers: Answer[] = []
    for (let sent = 0; sent < 61 && answers.at(-1)?.status !== 429; sent++) {
      answers.push(await post('/api-keys', fresh(), apiKey))
    }
    const last = answers.at(-1)
    assert.deepEqual([last?.status, last?.body.code], [429, 'IDEMPOTENCY_LIMIT_REACHED'])
    assert.equal(last?.headers.get('retry-after'), '60')
    assert.equal((await node.call('POST', '/api/v1/api-keys', { body: apiKey })).status, 201)
  })
})

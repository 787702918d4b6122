import assert from 'node:assert/strict'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigError, parseConfig } from '../../../../node/config.ts'
import { startChain } from '../../../chain.ts'
import { startNode, type TestNode } from '../../../node.ts'
import { credential, makeDid, openToSuites } from './vc-api-node.ts'

describe('who may call the VC API', () => {
  let node: TestNode
  let issuer: string
  before(async () => {
    node = await startNode({ environment: { OFF_LEDGER_ISSUERS: 'true', VC_API_PREFIX: '/w3c/vc' } })
    issuer = await makeDid(node, 'ethr', ['Ed25519'])
  })
  after(() => node?.close())
  const issue = (key: string | null, body: object) =>
    node.call('POST', '/w3c/vc/credentials/issue', { key, body })
  const keyFor = async (issuerDids: string[] | '*', scopes: string[]) => {
    const body = { name: 'test', scopes, issuerDids }
    return (await node.call('POST', '/api/v1/api-keys', { body })).body.key as string
  }

  it('is asked for a key with the scope, bound to the issuer', async () => {
    const body = { credential: credential({ issuer }) }
    assert.equal((await issue(null, body)).status, 401)
    assert.equal((await issue(await keyFor('*', ['credentials:read']), body)).status, 403)
    const other = await makeDid(node, 'ethr', ['Ed25519'])
    assert.equal((await issue(await keyFor([other], ['credentials:issue']), body)).status, 403)
    assert.equal((await issue(await keyFor([issuer], ['credentials:issue']), body)).status, 201)
  })

  it('issues by the only issuer of the key where the credential names none', async () => {
    const key = await keyFor([issuer], ['credentials:issue'])
    const plain = await issue(key, { credential: credential() })
    assert.equal(plain.body.verifiableCredential.issuer, issuer)
    const named = await issue(key, { credential: credential({ issuer: { name: 'MIT' } }) })
    assert.deepEqual(named.body.verifiableCredential.issuer, { id: issuer, name: 'MIT' })
    assert.equal((await issue(node.adminApiKey, { credential: credential() })).status, 400)
  })
})

describe('VC_API_ISSUER', () => {
  it('issues what names no issuer, for those who may act for it', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'vc-api-issuer-'))
    const chain = await startChain()
    const publicUrl = { PUBLIC_URL: 'http://127.0.0.1:3000' }
    const first = await startNode({ chain, dataDir, environment: publicUrl })
    const [issuer, other] = [
      await makeDid(first, 'ethr', ['Ed25519']),
      await makeDid(first, 'ethr', ['Ed25519']),
    ]
    await first.close()
    const node = await startNode({ chain, dataDir, environment: { ...publicUrl, VC_API_ISSUER: issuer } })
    try {
      const issue = (key: string) =>
        node.call('POST', '/vc-api/credentials/issue', { key, body: { credential: credential() } })
      const { status, body } = await issue(node.adminApiKey)
      assert.deepEqual([status, body.verifiableCredential?.issuer], [201, issuer], JSON.stringify(body))
      const keyBody = { name: 'other', scopes: ['credentials:issue'], issuerDids: [other] }
      const { key } = (await node.call('POST', '/api/v1/api-keys', { body: keyBody })).body
      assert.equal((await issue(key)).status, 403)
    } finally {
      await node.close()
      await chain.close()
    }
  })
})

describe('VC_API_AUTH=off', () => {
  it('is refused where others could reach it', () => {
    const problemsOf = (environment: Record<string, string>) => {
      try {
        parseConfig({ VC_API_AUTH: 'off', ...environment })
        return []
      } catch (error) {
        assert.ok(error instanceof ConfigError)
        return error.problems
      }
    }
    assert.deepEqual(problemsOf({}), [])
    assert.deepEqual(problemsOf({ HOST: '::1', PUBLIC_URL: 'https://localhost:3000' }), [])
    for (const environment of [
      { HOST: '0.0.0.0', PUBLIC_URL: 'https://127.0.0.1' },
      { PUBLIC_URL: 'https://issuer.example' },
      { TRUST_PROXY: '127.0.0.1' },
    ])
      assert.match(
        problemsOf(environment as Record<string, string>).join(),
        /VC_API_AUTH=off is for loopback/,
      )
    assert.match(problemsOf({ VC_API_PREFIX: '/api/v1' }).join(), /VC_API_PREFIX/)
  })

  it('lets in no page of a browser, nothing through a proxy, and nobody elsewhere', async () => {
    const node = await openToSuites()
    try {
      const issuer = await makeDid(node, 'key', ['Ed25519'])
      const issue = (headers: Record<string, string>) =>
        node.call('POST', '/vc-api/credentials/issue', {
          key: null,
          headers,
          body: { credential: credential({ issuer }) },
        })
      assert.equal((await issue({})).status, 201)
      for (const headers of [
        { origin: 'https://evil.example' },
        { 'x-forwarded-for': '203.0.113.9' },
        { forwarded: 'for=203.0.113.9' },
      ])
        assert.equal((await issue(headers as Record<string, string>)).status, 401)
      const { port } = new URL(node.node.url)
      assert.equal(await statusFor(Number(port), 'evil.example'), 401)
      assert.equal((await node.call('GET', '/api/v1/credentials', { key: null })).status, 401)
    } finally {
      await node.close()
    }
  })
})

/** The status of a call under another host name, as a page sends it whose site points its name here. */
async function statusFor(port: number, host: string): Promise<number> {
  const { request } = await import('node:http')
  const body = JSON.stringify({ credential: {} })
  return new Promise((resolve, reject) => {
    const headers = { host, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const asked = request({
      port,
      host: '127.0.0.1',
      path: '/vc-api/credentials/issue',
      method: 'POST',
      headers,
    })
    asked.on('response', (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    asked.on('error', reject)
    asked.end(body)
  })
}

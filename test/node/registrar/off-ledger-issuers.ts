import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDidWebResolver } from '../../../node/did/did-web.ts'
import { didWebOf } from '../../../node/did/did-web-document.ts'
import { startChain, type TestChain } from '../../chain.ts'
import { startNode, type TestNode } from '../../node.ts'
import { certificate, certificateKey } from '../did/https-certificate.ts'
import {
  expectProblem,
  holderDid,
  issueDegree,
  makeIssuer,
  makeSchema,
  makeTenant,
} from '../protocols/rest/scenario.ts'

describe('didWebOf', () => {
  it('names what a public URL can serve', () => {
    const host = 'https://issuer.example'
    assert.equal(didWebOf(host, ''), 'did:web:issuer.example')
    assert.equal(didWebOf(host, 'a/b'), 'did:web:issuer.example:a:b')
    assert.equal(didWebOf(`${host}:8443/base`, 'a'), 'did:web:issuer.example%3A8443:base:a')
    for (const path of ['a/../b', '.', 'a//b', '/a', 'a/', 'a b', 'ä', 'a/b/c/d', 'api/v1', 'docs', 'a%2fb'])
      assert.equal(didWebOf(host, path), undefined, path)
    assert.equal(didWebOf('https://localhost:8443', ''), 'did:web:localhost%3A8443')
    assert.equal(didWebOf('https://localhost/base', 'a'), 'did:web:localhost:base:a')
    assert.equal(didWebOf('https://elsewhere', ''), undefined)
    assert.equal(didWebOf('http://localhost:8443', ''), undefined)
    assert.equal(didWebOf('http://issuer.example', ''), undefined)
    assert.equal(didWebOf('https://127.0.0.1:3000', ''), undefined)
  })
})

describe('issuers without ledger', () => {
  let chain: TestChain
  let node: TestNode
  const host = 'issuer.example'

  before(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'did-web-'))
    await writeFile(join(folder, 'cert.pem'), certificate)
    await writeFile(join(folder, 'key.pem'), certificateKey)
    chain = await startChain()
    node = await startNode({
      chain,
      environment: {
        PUBLIC_URL: `https://${host}`,
        TLS_CERT: join(folder, 'cert.pem'),
        TLS_KEY: join(folder, 'key.pem'),
        OFF_LEDGER_ISSUERS: 'true',
      },
    })
    // the certificate is that of issuer.example, wherever the node listens
    node.call = async (method, path, { body, key = node.adminApiKey } = {}) => {
      const text = body === undefined ? '' : JSON.stringify(body)
      const asked = request(node.node.url + path, {
        ...{ method, ca: certificate, servername: host, agent: false },
        headers: {
          ...(key !== null && { authorization: `Bearer ${key}` }),
          ...(text && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
        },
      })
      asked.end(text)
      const [response] = await once(asked, 'response')
      const chunks: Buffer[] = []
      for await (const chunk of response) chunks.push(chunk)
      const received = Buffer.concat(chunks).toString()
      const headers = new Headers(response.headers as Record<string, string>)
      const isJson = /json/.test(headers.get('content-type') ?? '')
      return { status: response.statusCode, headers, body: isJson ? JSON.parse(received) : received }
    }
  })
  after(async () => {
    await node?.close()
    await chain?.close()
  })
  const create = (body: object) => node.call('POST', '/api/v1/dids', { body })

  it('have a did:web whose document anybody resolves over https', async () => {
    const paths = [undefined, 'issuers/1']
    for (const path of paths) {
      const { status, body } = await create({ method: 'web', keys: ['Ed25519', 'P-256', 'secp256k1'], path })
      assert.equal(status, 201, JSON.stringify(body))
      assert.equal(body.did, ['did:web', host, ...(path ? path.split('/') : [])].join(':'))
      const { port } = new URL(node.node.url)
      const resolve = createDidWebResolver({
        ca: certificate,
        allowPrivateAddresses: true,
        lookup: async () => [{ address: '127.0.0.1', family: 4 }],
      })
      // served on this port, which the public URL leaves to a proxy
      const id = body.did.replace('did:web:', '').replace(host, `${host}%3A${port}`)
      const { didDocument, didResolutionMetadata } = await resolve(body.did, { id } as never, {} as never, {})
      assert.deepEqual(didDocument, body.document, JSON.stringify(didResolutionMetadata))
      assert.equal(didDocument?.assertionMethod?.length, 3)
    }
    expectProblem(409, 'DID_ALREADY_EXISTS', await create({ method: 'web' }))
    expectProblem(404, 'NOT_FOUND', await node.call('GET', '/nobody/did.json', { key: null }))
    expectProblem(400, 'MALFORMED_REQUEST', await create({ method: 'web', path: '../api' }))
    expectProblem(400, 'MALFORMED_REQUEST', await create({ method: 'key', path: 'a' }))
  })

  it('have the paths of their tenant alone', async () => {
    const tenant = await makeTenant(node, { tenantId: 'college' })
    const make = (path: string | undefined) =>
      tenant.call('POST', '/api/v1/dids', { body: { method: 'web', path } })
    for (const path of [undefined, 'another', 'another/college', 'college2'])
      expectProblem(403, 'FORBIDDEN', await make(path))
    for (const path of ['college', 'college/1']) {
      const { status, body } = await make(path)
      assert.equal(status, 201, JSON.stringify(body))
      assert.equal(body.did, ['did:web', host, ...path.split('/')].join(':'))
    }
  })

  it('issue by a schema of the ledger what nobody revokes', async () => {
    const schemaId = await makeSchema(node, await makeIssuer(node))
    const web = (await create({ method: 'web', path: 'degrees' })).body.did as string
    const key = (await create({ method: 'key' })).body.did as string
    for (const issuerDid of [web, key]) {
      const { credential } = await issueDegree(node, {
        issuerDid,
        schemaId,
        revocable: false,
        dataModel: '2.0',
      })
      const { body } = await node.call('POST', '/api/v1/credentials/verify', {
        key: null,
        body: { credential },
      })
      assert.equal(body.verified, true, JSON.stringify(body.checks))
      const terms = { issuerDid, schemaId, holderDid, claims: {} }
      const refused = await node.call('POST', '/api/v1/credentials/issue', { body: terms })
      expectProblem(422, 'STATUS_UNAVAILABLE', refused)
    }
  })

  it('are served no more, and issue nothing, once they are deactivated', async () => {
    const schemaId = await makeSchema(node, await makeIssuer(node))
    const { did } = (await create({ method: 'web', path: 'gone' })).body
    const terms = { issuerDid: did, schemaId, revocable: false, dataModel: '2.0' }
    const { credential } = await issueDegree(node, terms)
    assert.equal((await node.call('GET', '/gone/did.json', { key: null })).status, 200)
    const ended = await node.call('DELETE', `/api/v1/dids/${encodeURIComponent(did)}`)
    assert.deepEqual([ended.status, ended.body.transactionHash], [200, null])
    assert.equal((await node.call('GET', '/gone/did.json', { key: null })).status, 404)
    const body = { ...terms, holderDid, claims: {} }
    expectProblem(404, 'ISSUER_NOT_FOUND', await node.call('POST', '/api/v1/credentials/issue', { body }))
    const verification = { key: null, body: { credential } }
    const { body: outcome } = await node.call('POST', '/api/v1/credentials/verify', verification)
    assert.equal(outcome.verified, false)
  })

  it('have a did:web of localhost, which their own node alone resolves', async () => {
    const environment = { PUBLIC_URL: 'https://localhost:8443', OFF_LEDGER_ISSUERS: 'true' }
    const local = await startNode({ chain, environment })
    try {
      const made = await local.call('POST', '/api/v1/dids', { body: { method: 'web', path: 'issuers/1' } })
      assert.equal(made.status, 201, JSON.stringify(made.body))
      const { did, document } = made.body
      assert.equal(did, 'did:web:localhost%3A8443:issuers:1')
      const served = await local.call('GET', '/issuers/1/did.json', { key: null })
      assert.deepEqual([served.status, served.body], [200, document])
      const schemaId = await makeSchema(local, await makeIssuer(local))
      const terms = { issuerDid: did, schemaId, revocable: false, dataModel: '2.0' }
      const { credential } = await issueDegree(local, terms)
      const verification = { key: null, body: { credential } }
      assert.equal((await local.call('POST', '/api/v1/credentials/verify', verification)).body.verified, true)
      const resolved = await createDidWebResolver({})(did, { id: did.slice(8) } as never, {} as never, {})
      assert.equal(resolved.didResolutionMetadata.error, 'invalidDid')
    } finally {
      await local.close()
    }
  })

  it('are refused unless the configuration allows them', async () => {
    const strict = await startNode({ chain })
    try {
      const schemaId = await makeSchema(strict, await makeIssuer(strict))
      const { did } = (await strict.call('POST', '/api/v1/dids', { body: { method: 'key' } })).body
      const body = { issuerDid: did, schemaId, revocable: false, holderDid, claims: {} }
      const refused = await strict.call('POST', '/api/v1/credentials/issue', { body })
      expectProblem(404, 'ISSUER_NOT_FOUND', refused)
      const web = await strict.call('POST', '/api/v1/dids', { body: { method: 'web' } })
      expectProblem(400, 'MALFORMED_REQUEST', web)
    } finally {
      await strict.close()
    }
  })
})

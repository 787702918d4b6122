import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { parse } from 'did-resolver'
import { createDidWebResolver, didWebUrl, type WebOptions } from '../../../node/did/did-web.ts'
import { certificate, certificateKey } from './https-certificate.ts'

describe('did:web', () => {
  let server: Server
  let port: number
  let connections = 0
  let respond: RequestListener

  before(async () => {
    server = createServer({ cert: certificate, key: certificateKey }, (request, response) =>
      respond(request, response),
    )
    server.on('connection', () => {
      connections += 1
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
  })

  after(() => {
    server?.closeAllConnections()
    server?.close()
  })

  const loopback = async () => [{ address: '127.0.0.1', family: 4 }]
  const local: WebOptions = { ca: certificate, allowPrivateAddresses: true, lookup: loopback }

  const didOf = (path = '') => `did:web:issuer.example%3A${port}${path}`

  async function resolve(did: string, options: WebOptions = local) {
    const parsed = parse(did)
    assert(parsed)
    return createDidWebResolver(options)(
      did,
      parsed,
      { resolve: () => assert.fail('needs no other resolver') },
      {},
    )
  }

  const serve = (body: unknown, status = 200, headers: Record<string, string> = {}) => {
    respond = (_, response) => {
      response.writeHead(status, { 'content-type': 'application/did+json', ...headers })
      response.end(typeof body === 'string' ? body : JSON.stringify(body))
    }
  }

  const errorOf = async (options?: WebOptions) =>
    (await resolve(didOf(), options)).didResolutionMetadata.error

  it('reads the document from where the specification puts it', async () => {
    const paths: (string | undefined)[] = []
    for (const path of ['', ':users:alice']) {
      const did = didOf(path)
      respond = (request, response) => {
        paths.push(request.url)
        response.end(JSON.stringify({ id: did }))
      }
      assert.deepEqual((await resolve(did)).didDocument, { id: did })
    }
    assert.deepEqual(paths, ['/.well-known/did.json', '/users/alice/did.json'])
  })

  it('makes relative ids of methods absolute', async () => {
    const did = didOf()
    const method = { id: '#key-1', type: 'Multikey', controller: did, publicKeyMultibase: 'z6Mk' }
    serve({ id: did, verificationMethod: [method], assertionMethod: ['#key-1', { ...method, id: '#key-2' }] })
    const { didDocument } = await resolve(did)
    assert.equal(didDocument?.verificationMethod?.[0]?.id, `${did}#key-1`)
    assert.deepEqual(didDocument?.assertionMethod, [`${did}#key-1`, { ...method, id: `${did}#key-2` }])
  })

  it('connects to no private address', async () => {
    const before = connections
    serve({ id: didOf() })
    assert.equal(await errorOf({ ca: certificate, lookup: loopback }), 'notFound')
    const mixed = async () => [{ address: '8.8.8.8', family: 4 }, ...(await loopback())]
    assert.equal(await errorOf({ ca: certificate, lookup: mixed }), 'notFound')
    assert.equal(await errorOf({ ca: certificate, lookup: async () => [] }), 'notFound')
    assert.equal(connections, before)
  })

  it('follows no redirect', async () => {
    serve('', 302, { location: `https://issuer.example:${port}/other.json` })
    assert.equal(await errorOf(), 'notFound')
  })

  it('trusts no unknown certificate', async () => {
    serve({ id: didOf() })
    assert.equal(await errorOf({ allowPrivateAddresses: true, lookup: loopback }), 'hostUnreachable')
  })

  it('tells a document that is not there from a host that fails', async () => {
    serve('', 404)
    assert.equal(await errorOf(), 'notFound')
    for (const status of [429, 500, 503]) {
      serve('', status)
      assert.equal(await errorOf(), 'hostUnreachable')
    }
    const gone = Object.assign(new Error('queryA ENOTFOUND'), { code: 'ENOTFOUND' })
    assert.equal(await errorOf({ lookup: () => Promise.reject(gone) }), 'notFound')
    assert.equal(await errorOf({ lookup: () => Promise.reject(new Error('no DNS')) }), 'hostUnreachable')
  })

  it('gives up on a host that is slow or sends too much', async () => {
    respond = () => {}
    assert.equal(await errorOf({ ...local, timeout: 50 }), 'hostUnreachable')
    respond = (_, response) => void response.write('{')
    assert.equal(await errorOf({ ...local, timeout: 50 }), 'hostUnreachable')
    serve({ id: didOf(), more: 'x'.repeat(2_000) })
    assert.equal(await errorOf({ ...local, maximumBytes: 1_000 }), 'notFound')
  })

  it('refuses documents that are not of this DID or not of this form', async () => {
    const id = didOf()
    for (const body of [
      '',
      '<html></html>',
      'null',
      '[]',
      { id: `${id}:other` },
      { id, verificationMethod: {} },
      { id, verificationMethod: [null] },
      { id, verificationMethod: [{ id: '#key-1', type: 'Multikey' }] },
      { id, assertionMethod: '#key-1' },
      { id, assertionMethod: [7] },
    ]) {
      serve(body)
      assert.equal(await errorOf(), 'notFound', JSON.stringify(body))
    }
  })

  it('has a URL only where it names a host by its name', () => {
    assert.equal(didWebUrl('w3c-ccg.github.io')?.href, 'https://w3c-ccg.github.io/.well-known/did.json')
    assert.equal(didWebUrl('example.com%3A3000:a:b')?.href, 'https://example.com:3000/a/b/did.json')
    for (const id of [
      'localhost',
      '127.0.0.1',
      '2130706433',
      '0x7f.1',
      '1.2.3.0x4',
      'example.com%2Fx',
      'user%40example.com',
      'example.com%3A70000',
      'example.com%3Aabc',
      'example.com:..:a',
      'example.com:%2e%2e:a',
      'example.com:a%2Fb:c',
      'example.com:',
      '-a.example',
      'exa_mple.com',
    ]) {
      const url = didWebUrl(id)
      if (id === 'example.com:a%2Fb:c') assert.equal(url?.pathname, '/a%2Fb/c/did.json')
      else assert.equal(url, undefined, id)
    }
  })
})

import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigError, parseConfig } from '../../node/config.ts'
import { startNode, type TestNode } from '../node.ts'
import { certificate, certificateKey } from './did/https-certificate.ts'

/** Asks a node whose certificate is that of issuer.example. */
async function get(url: string): Promise<{ status: number; body: string }> {
  const asked = request(url, { ca: certificate, servername: 'issuer.example', agent: false })
  asked.end()
  const [response] = await once(asked, 'response')
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  return { status: response.statusCode, body: Buffer.concat(chunks).toString() }
}

describe('TLS_CERT and TLS_KEY', () => {
  let folder: string
  const file = async (name: string, text: string) => {
    await writeFile(join(folder, name), text)
    return join(folder, name)
  }
  const problemsOf = (environment: Record<string, string>): readonly string[] => {
    try {
      parseConfig(environment)
      return []
    } catch (error) {
      assert.ok(error instanceof ConfigError)
      return error.problems
    }
  }
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tls-'))
    await file('cert.pem', certificate)
    await file('key.pem', certificateKey)
  })

  it('make the default public URL https', () => {
    const { publicUrl, tls } = parseConfig({
      PORT: '4000',
      TLS_CERT: join(folder, 'cert.pem'),
      TLS_KEY: join(folder, 'key.pem'),
    })
    assert.equal(publicUrl, 'https://127.0.0.1:4000')
    assert.equal(tls?.cert, certificate)
    assert.equal(parseConfig({ PORT: '4000' }).publicUrl, 'http://127.0.0.1:4000')
  })

  it('come together, readable, and belong together', async () => {
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
    const foreign = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const foreignKey = await file(
      'foreign.pem',
      foreign.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    )
    assert.match(problemsOf({ TLS_CERT: cert }).join(), /^TLS_KEY is required/)
    assert.match(problemsOf({ TLS_KEY: key }).join(), /^TLS_CERT is required/)
    assert.equal(problemsOf({ TLS_CERT: '/nowhere', TLS_KEY: '/nowhere' }).length, 2)
    assert.match(problemsOf({ TLS_CERT: cert, TLS_KEY: cert }).join(), /^TLS_KEY must hold/)
    assert.match(problemsOf({ TLS_CERT: key, TLS_KEY: key }).join(), /^TLS_CERT must hold/)
    assert.match(problemsOf({ TLS_CERT: cert, TLS_KEY: foreignKey }).join(), /^TLS_KEY is not the key/)
    assert.equal(problemsOf({ TLS_CERT: '/nowhere', TLS_KEY: key, PORT: '0' }).length, 2)
  })

  it('have the node answer by TLS alone', async () => {
    const environment = { TLS_CERT: join(folder, 'cert.pem'), TLS_KEY: join(folder, 'key.pem') }
    const node: TestNode = await startNode({ environment })
    try {
      assert.match(node.node.url, /^https:/)
      const { status, body } = await get(`${node.node.url}/api/v1/network`)
      assert.equal(status, 200)
      assert.equal(JSON.parse(body).publicUrl, node.node.url)
      await assert.rejects(fetch(node.node.url.replace('https:', 'http:')))
    } finally {
      await node.close()
    }
  })
})

import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { archiveDatabase } from '../../node/stores/database-file.ts'
import { startChain, type TestChain } from '../chain.ts'
import { startNode, type TestNode } from '../node.ts'
import { describeOnStacks, postgres } from '../stacks.ts'
import {
  at,
  bachelor,
  expect,
  expectProblem,
  holderDid,
  issueDegree,
  makeIssuer,
  makeSchema,
} from './protocols/rest/scenario.ts'

const newDataDir = () => mkdtemp(join(tmpdir(), 'main-'))
const publicUrl = { PUBLIC_URL: 'https://issuer.example' }

/** Asks until the answer is as wanted; the test's own time limit ends it. */
async function eventually<T>(ask: () => Promise<T>, wanted: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask()
    if (wanted(answer)) return answer
    await pause(50)
  }
}

describe('a node that is started again', () => {
  let chain: TestChain
  before(async () => {
    chain = await startChain()
  })
  after(() => chain.close())

  it('knows what it knew, and signs with the same keys', async () => {
    const dataDir = await newDataDir()
    const environment = publicUrl
    const first = await startNode({ chain, dataDir, environment })
    const issuerDid = await makeIssuer(first)
    const schemaId = await makeSchema(first, issuerDid)
    const { credentialId, credential } = await issueDegree(first, { issuerDid, schemaId })
    const { nodeDid } = first.node
    await first.close()
    const second = await startNode({ chain, dataDir, environment })
    try {
      assert.equal(second.node.nodeDid, nodeDid)
      const { body } = expect(200, await second.call('GET', at('credentials', credentialId)))
      assert.deepEqual(body.credential, credential)
      const again = await issueDegree(second, { issuerDid, schemaId })
      assert.equal(
        again.credential.proof.verificationMethod,
        (credential as { proof: { verificationMethod: string } }).proof.verificationMethod,
      )
    } finally {
      await second.close()
    }
  })

  it('makes an administrator key once and keeps no copy of it', async () => {
    const dataDir = await newDataDir()
    const environment = { ...publicUrl, ADMIN_API_KEY: '' }
    const first = await startNode({ chain, dataDir, environment })
    const key = first.node.createdAdminApiKey as string
    expect(200, await first.call('GET', '/api/v1/api-keys', { key }))
    await first.close()
    await archiveDatabase(dataDir)
    const second = await startNode({ chain, dataDir, environment })
    try {
      assert.equal(second.node.createdAdminApiKey, undefined)
      expect(200, await second.call('GET', '/api/v1/api-keys', { key }))
    } finally {
      await second.close()
    }
    for (const entry of await readdir(dataDir, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue
      const file = join(entry.parentPath, entry.name)
      assert.ok(!(await readFile(file)).includes(key), entry.name)
      if (/key/.test(entry.name)) assert.equal((await stat(file)).mode & 0o077, 0, entry.name)
    }
  })

  it('refuses another chain, and names both and the way out', async () => {
    const dataDir = await newDataDir()
    const environment = publicUrl
    const first = await startNode({ chain, dataDir, environment })
    await first.close()
    const other = await startChain()
    try {
      await other.request('evm_mine')
      await assert.rejects(startNode({ chain: other, dataDir, environment }), (error: Error) => {
        assert.equal((error as { code?: string }).code, 'CHAIN_MISMATCH')
        assert.equal(error.message.match(/31337 \(genesis 0x[0-9a-f]{64}/g)?.length, 2)
        assert.match(error.message, /DATA_DIR/)
        return true
      })
    } finally {
      await other.close()
    }
    const again = await startNode({ chain, dataDir, environment })
    await again.close()
  })

  it('refuses another public URL that nobody confirmed', async () => {
    const dataDir = await newDataDir()
    await (await startNode({ chain, dataDir, environment: publicUrl })).close()
    const moved = { PUBLIC_URL: 'https://moved.example' }
    await assert.rejects(startNode({ chain, dataDir, environment: moved }), {
      name: 'ConfigError',
      message: /issuer\.example.*CONFIRM_PUBLIC_URL_CHANGE=true/s,
    })
    const confirmed = { ...moved, CONFIRM_PUBLIC_URL_CHANGE: 'true' }
    await (await startNode({ chain, dataDir, environment: confirmed })).close()
    await (await startNode({ chain, dataDir, environment: moved })).close()
  })

  it('says which account needs funds', async () => {
    const environment = { ...publicUrl, RELAYER_PRIVATE_KEY: '' }
    await assert.rejects(startNode({ chain, dataDir: await newDataDir(), environment }), {
      code: 'RELAYER_UNFUNDED',
      message: /0x[0-9a-f]{40}/,
    })
  })

  it('refuses another key-encryption key', async () => {
    const dataDir = await newDataDir()
    const environment = { ...publicUrl, RELAYER_PRIVATE_KEY: '' }
    const funded = { ...chain, fund: (address: string) => fund(chain, address) }
    await (await startNode({ chain: funded, dataDir, environment })).close()
    const wrong = { ...environment, KEY_ENCRYPTION_KEY: '00'.repeat(32) }
    await assert.rejects(startNode({ chain: funded, dataDir, environment: wrong }), {
      code: 'KEY_STORE_UNAVAILABLE',
    })
    // no key of the database is needed to start, and none could be used afterwards
    const { KEY_ENCRYPTION_KEY } = wrong
    const configured = { ...publicUrl, KEY_ENCRYPTION_KEY }
    await assert.rejects(startNode({ chain, dataDir, environment: configured }), {
      code: 'KEY_STORE_UNAVAILABLE',
      message: /set KEY_ENCRYPTION_KEY/,
    })
  })

  it('names the variable to change when its port is in use, or no chain answers', async () => {
    const taken = createServer()
    await new Promise<void>((listening) => taken.listen(0, '127.0.0.1', listening))
    const { port } = taken.address() as { port: number }
    const environment = { ...publicUrl, PORT: String(port) }
    await assert.rejects(startNode({ chain, dataDir: await newDataDir(), environment }), {
      name: 'ConfigError',
      message: new RegExp(`PORT ${port} is in use: set PORT`),
    })
    await new Promise((closed) => taken.close(closed))
    const silent = { ...chain, rpcUrl: `http://127.0.0.1:${port}` }
    await assert.rejects(startNode({ chain: silent, dataDir: await newDataDir() }), {
      code: 'CHAIN_UNREACHABLE',
      message: /RPC_URL/,
    })
  })
})

async function fund(chain: TestChain, address: string): Promise<void> {
  await chain.request('hardhat_setBalance', [address, '0xde0b6b3a7640000'])
}

describe('a node whose chain is slow or gone', () => {
  let node: TestNode
  let chain: TestChain
  let dataDir: string
  let terms: { issuerDid: string; schemaId: string }
  const environment = { ...publicUrl, ANCHOR_WAIT_MS: '200' }

  before(async () => {
    chain = await startChain()
    dataDir = await newDataDir()
    node = await startNode({ chain, dataDir, environment })
    const issuerDid = await makeIssuer(node)
    terms = { issuerDid, schemaId: await makeSchema(node, issuerDid) }
    await issueDegree(node, terms)
  })
  after(async () => {
    await node.close()
    await chain.close()
  })

  const issue = () =>
    node.call('POST', '/api/v1/credentials/issue', { body: { ...terms, holderDid, claims: bachelor } })
  const recordOf = (id: string) => async () => expect(200, await node.call('GET', at('credentials', id))).body

  it('answers 202 with the credential, and registers it once, also over a restart', async () => {
    await chain.request('evm_setAutomine', [false])
    const { body } = expect(202, await issue())
    assert.deepEqual([body.registration, body.transactionHash], ['pending', null])
    assert.ok(body.credential.proof)
    const proof = await node.call('GET', at('credentials', body.credentialId, 'registration'))
    expectProblem(409, 'REGISTRATION_PENDING', proof)
    await node.close()
    node = await startNode({ chain, dataDir, environment })
    await chain.request('evm_setAutomine', [true])
    await chain.request('evm_mine')
    const record = await eventually(
      recordOf(body.credentialId),
      ({ registration }) => registration === 'registered',
    )
    const logs = await (await chain.viem.getPublicClient()).getTransactionReceipt({
      hash: record.transactionHash,
    })
    assert.equal(logs.status, 'success')
    expect(200, await node.call('GET', at('credentials', body.credentialId, 'registration')))
  })

  it('lets a request that is being answered end before it stops', async () => {
    await chain.request('evm_setAutomine', [false])
    const answering = issue()
    const pending = () => chain.request('eth_getBlockTransactionCountByNumber', ['pending'])
    await eventually(pending, (count) => count !== '0x0')
    await node.close()
    const { body } = expect(202, await answering)
    await chain.request('evm_setAutomine', [true])
    await chain.request('evm_mine')
    node = await startNode({ chain, dataDir, environment })
    await eventually(recordOf(body.credentialId), ({ registration }) => registration === 'registered')
  })

  it('says that the account that pays has no funds, and goes on when it has', async () => {
    const { relayer } = node.node
    await chain.request('hardhat_setBalance', [relayer, '0x0'])
    expectProblem(503, 'RELAYER_UNFUNDED', await node.call('POST', '/api/v1/dids', { body: {} }))
    const { body } = expect(202, await issue())
    const ready = await eventually(
      () => node.call('GET', '/health/ready', { key: null }),
      ({ status }) => status === 503,
    )
    assert.match(ready.body.dependencies.relayer.detail, new RegExp(relayer))
    await fund(chain, relayer)
    await eventually(recordOf(body.credentialId), ({ registration }) => registration === 'registered')
  })

  it('says that the chain does not answer, keeps nothing, and goes on when it is back', async () => {
    const proxy = await openProxy(chain.rpcUrl)
    await node.close()
    node = await startNode({
      chain: { ...chain, rpcUrl: proxy.url },
      dataDir,
      environment: { ...environment, LEDGER_CACHE_MS: '0' },
    })
    const count = async () => (await node.call('GET', '/api/v1/credentials?limit=200')).body.items.length
    const before = await count()
    proxy.broken = true
    const refused = expectProblem(503, 'CHAIN_UNREACHABLE', await issue())
    assert.equal(refused.body.retryable, true)
    assert.ok(Number(refused.headers.get('retry-after')) > 0)
    assert.ok(!JSON.stringify(refused.body).includes(proxy.url))
    const ready = await node.call('GET', '/health/ready', { key: null })
    assert.deepEqual([ready.status, ready.body.dependencies.chain.status], [503, 'down'])
    assert.equal(ready.body.dependencies.database.status, 'up')
    assert.equal(await count(), before)
    proxy.broken = false
    assert.ok([201, 202].includes((await issue()).status))
    await node.close()
    await proxy.close()
    node = await startNode({ chain, dataDir, environment })
  })
})

/** A JSON-RPC endpoint that can be switched off. */
async function openProxy(target: string) {
  const state = { broken: false, url: '', close: async () => {} }
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    if (state.broken) return response.destroy()
    const answer = await fetch(target, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: Buffer.concat(chunks),
    })
    response.setHeader('content-type', 'application/json')
    response.end(await answer.text())
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  state.url = `http://127.0.0.1:${(server.address() as { port: number }).port}`
  state.close = async () => {
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))
  }
  return state
}

describeOnStacks(
  'a database on a server whose chain is gone',
  (stack) => {
    it('is refused, with the way out, and its address is not told', async () => {
      const fresh = await stack.create()
      const { environment } = fresh
      const former = await startNode({ dataDir: environment.DATA_DIR as string, environment })
      await former.close()
      const chain = await startChain()
      try {
        const again = startNode({ chain, dataDir: environment.DATA_DIR as string, environment })
        await assert.rejects(again, (error: Error & { code?: string }) => {
          assert.equal(error.code, 'CHAIN_MISMATCH')
          assert.match(error.message, /DATABASE_URL to an empty database, or RPC_URL/)
          assert.ok(!error.message.includes(environment.DATABASE_URL as string))
          return true
        })
      } finally {
        await chain.close()
        await fresh.drop()
      }
    })
  },
  [postgres],
)

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../scripts/free-port.ts'
import { startChain } from '../chain.ts'
import { at, bachelor, expect, holderDid, makeIssuer, makeSchema } from '../node/protocols/rest/scenario.ts'
import { adminApiKey, type CallOptions, call, fundedPrivateKey } from '../node.ts'

const script = fileURLToPath(new URL('../../scripts/start.ts', import.meta.url))

describe('npm start', () => {
  let dataDir: string
  let chainPort: number
  let port: number
  const running = new Set<ChildProcess>()

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'cartulary-start-'))
    chainPort = await freePort()
    port = await freePort()
  })

  afterEach(async () => {
    for (const child of running) child.kill('SIGKILL')
    await rm(dataDir, { recursive: true })
  })

  const start = (environment: Record<string, string> = {}) => {
    const child = spawn(process.execPath, [script], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...{ PATH: process.env.PATH, DATA_DIR: dataDir, CHAIN_PORT: `${chainPort}`, PORT: `${port}` },
        ...environment,
      },
    })
    running.add(child)
    let output = ''
    const exit = once(child, 'exit').then(([code]) => {
      running.delete(child)
      return code as number
    })
    const ready = new Promise<void>((resolve) => {
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (chunk) => {
          output += chunk
          if (/Ctrl-C stops/.test(output)) resolve()
        })
      }
    })
    return { child, exit, ready: Promise.race([ready, exit]), output: () => output }
  }

  it('runs a chain and a node, tells how to go on, and stops both on Ctrl-C', async () => {
    const node = start()
    await node.ready
    const key = /API key +(ck_\S+)/.exec(node.output())?.[1]
    assert.ok(key, node.output())
    for (const line of [
      'didRegistry',
      'schemaRegistry',
      'credentialDefinitionRegistry',
      'statusListRegistry',
    ]) {
      assert.match(node.output(), new RegExp(`${line} +0x[0-9a-f]{40}`))
    }
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/dids`, {
      headers: { authorization: `Bearer ${key}` },
    })
    assert.equal(answer.status, 200)
    const { requestId } = (await call(`http://127.0.0.1:${port}`, 'GET', '/api/v1/dids/none', { key })).body
    assert.match(requestId, /^[0-9a-f-]{36}$/)
    node.child.kill('SIGINT')
    assert.equal(await node.exit, 0)
    await assert.rejects(fetch(`http://127.0.0.1:${chainPort}`))
    const logged = () => node.output().match(/^\{.*\}$/gm) ?? []
    while (!logged().some((line) => JSON.parse(line).requestId === requestId)) await pause(10)
    assert.ok(logged().every((line) => !line.includes(key)))
  })

  it('ends within 10 s under load on a chain that stands still, cuts no answer off and loses none', async () => {
    const chain = await startChain()
    const environment = {
      ...{ RPC_URL: chain.rpcUrl, REGISTRIES: JSON.stringify(chain.registries) },
      ...{ ADMIN_API_KEY: adminApiKey, RELAYER_PRIVATE_KEY: fundedPrivateKey, RATE_LIMIT: '1000000' },
    }
    const api = {
      call: (method: string, path: string, options?: CallOptions) =>
        call(`http://127.0.0.1:${port}`, method, path, options),
    }
    try {
      const node = start(environment)
      await node.ready
      const issuerDid = await makeIssuer(api)
      const terms = { issuerDid, schemaId: await makeSchema(api, issuerDid), proofType: 'eddsa-jcs-2022' }
      const body = { ...terms, holderDid, claims: bachelor }
      const issue = () => api.call('POST', at('credentials', 'issue'), { body })
      const ids = [expect(201, await issue()).body.credentialId]
      await chain.request('evm_setAutomine', [false])
      const answers = Promise.all(Array.from({ length: 16 }, issue))
      answers.catch(() => {})
      const recorded = async () => (await api.call('GET', '/api/v1/credentials')).body.items.length
      while ((await recorded()) < 17) await pause(10)
      const from = performance.now()
      node.child.kill('SIGTERM')
      assert.equal(await node.exit, 0, node.output())
      const took = performance.now() - from
      process.stdout.write(`      ended after ${(took / 1_000).toFixed(1)} s\n`)
      assert.ok(took < 10_000)
      for (const answer of await answers) ids.push(expect(202, answer).body.credentialId)
      await chain.request('evm_setAutomine', [true])
      await chain.request('evm_mine')
      await start(environment).ready
      for (const id of ids) {
        const get = async () => expect(200, await api.call('GET', at('credentials', id))).body
        while ((await get()).registration !== 'registered') await pause(10)
      }
    } finally {
      await chain.close()
    }
  })

  it('moves the database of a former chain away and keeps the API key', async () => {
    for (const nth of ['first', 'second']) {
      const node = start()
      await node.ready
      node.child.kill('SIGTERM')
      assert.equal(await node.exit, 0, node.output())
      if (nth === 'second') {
        assert.match(node.output(), /The database of the former chain is in .*archive/)
        assert.match(node.output(), /API key +the one shown at the first start/)
      }
    }
    assert.equal((await readdir(join(dataDir, 'archive'))).length, 1)
  })

  it('takes the chain with it when it is killed', async () => {
    const node = start()
    await node.ready
    node.child.kill('SIGKILL')
    await node.exit
    const probe = createServer()
    // The chain sees its channel close and ends: the port is free soon, not at once.
    for (;;) {
      const free = await new Promise<boolean>((resolve) => {
        probe.once('error', () => resolve(false))
        probe.listen(chainPort, '127.0.0.1', () => resolve(true))
      })
      probe.removeAllListeners()
      if (free) break
    }
    probe.close()
  })

  it('names CHAIN_PORT when that port is in use, and leaves the database where it is', async () => {
    const first = start()
    await first.ready
    port = await freePort()
    const second = start()
    assert.equal(await second.exit, 1)
    assert.match(second.output(), /Port \d+ is in use: set CHAIN_PORT/)
    assert.ok(!(await readdir(dataDir)).includes('archive'))
    first.child.kill('SIGINT')
    await first.exit
  })

  it('refuses a data directory that another node is using', async () => {
    const first = start()
    await first.ready
    chainPort = await freePort()
    port = await freePort()
    const second = start()
    assert.equal(await second.exit, 1)
    assert.match(second.output(), /Another process has .* open/)
    first.child.kill('SIGINT')
    await first.exit
  })
})

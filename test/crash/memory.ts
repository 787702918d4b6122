import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { startFlags } from '../../scripts/start-flags.ts'
import { startChain, type TestChain } from '../chain.ts'
import { type ChainProxy, startChainProxy } from '../chain-proxy.ts'
import { memoryOf } from '../process-memory.ts'
import { createKillableNode, type KillableNode } from './killable-node.ts'

const holderDid = 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK'
const jsonSchema = {
  type: 'object',
  properties: { degree: { type: 'object', properties: { name: { type: 'string' } } } },
}
const credentials = Number(process.env.SOAK_CREDENTIALS ?? 10_000)
const stallMs = Number(process.env.SOAK_STALL_MS ?? 3_000)
const rows = Math.min(2_500, credentials)
const limitMb = 512

describe('the memory of a node', () => {
  let chain: TestChain
  let proxy: ChainProxy
  let folder: string
  let node: KillableNode
  let body: string
  let single: string

  before(async () => {
    chain = await startChain()
    proxy = await startChainProxy(chain.rpcUrl)
    folder = await mkdtemp(join(tmpdir(), 'cartulary-'))
    const { registries } = chain
    const environment = { DATA_DIR: folder, UNREGISTERED_LIMIT: '20000', ANCHOR_WAIT_MS: '5000' }
    const flags = startFlags()
    node = await createKillableNode({ chain: { rpcUrl: proxy.url, registries }, environment, flags })
    await node.start()
    const made = await node.call('POST', '/api/v1/dids', { body: { keys: ['Ed25519'] } })
    const { did: issuerDid } = made.body
    const schema = { issuerDid, name: 'degree', version: '1', jsonSchema }
    const { schemaId } = (await node.call('POST', '/api/v1/schemas', { body: schema })).body
    const row = { holderDid, claims: { degree: { name: 'Bachelor of Science' } } }
    const batch = Array.from({ length: rows }, () => row)
    const terms = { issuerDid, schemaId, proofType: 'eddsa-jcs-2022' }
    body = JSON.stringify({ ...terms, credentials: batch })
    single = JSON.stringify({ ...terms, ...row })
  })

  after(async () => {
    await node?.close()
    await proxy?.close()
    await chain?.close()
    await rm(folder, { recursive: true })
  })

  const recorded = () => count(folder, 'select count(*) as n from credentials')
  const registered = () => count(folder, 'select sum(registered) as n from status_lists')
  const issue = () => node.call('POST', '/api/v1/credentials/issue/batch', { body })
  const issueOne = () => node.call('POST', '/api/v1/credentials/issue', { body: single })

  it(`stays below ${limitMb} MB through ${credentials} credentials in batches, and others one by one beside them`, async () => {
    const started = performance.now()
    let [issued, alone, inBatches] = [0, 0, true]
    const client = async () => {
      while (issued < credentials) {
        issued += rows
        const answer = await issue()
        assert.ok(answer.status < 300, answer.text)
        tell(`${recorded()} of ${credentials} issued, ${rss(node)} MB`, credentials > 50_000)
      }
    }
    const oneByOne = async () => {
      do {
        const answer = await issueOne()
        assert.ok(answer.status < 300, answer.text)
        alone++
      } while (inBatches)
    }
    const batches = Promise.all([client(), client()]).finally(() => {
      inBatches = false
    })
    await Promise.all([batches, ...Array.from({ length: 32 }, oneByOne)])
    const seconds = (performance.now() - started) / 1_000
    process.stdout.write(
      `      ${recorded()} credentials, ${alone} of them one by one, in ${seconds.toFixed(0)} s, peak ${peak(node)} MB, now ${rss(node)} MB\n`,
    )
    assert.equal(recorded(), issued + alone)
    assert.ok(peak(node) < limitMb, `${peak(node)} MB`)
  }).timeout(60_000 + credentials * 20)

  it('suffices for the largest batch', async () => {
    const terms = JSON.parse(body) as { credentials: unknown[] }
    const claims = { degree: { name: 'x'.repeat(3_000) } }
    const credentials = Array.from({ length: 10_000 }, () => ({ holderDid, claims }))
    const answer = await node.call('POST', '/api/v1/credentials/issue/batch', {
      body: { ...terms, credentials },
    })
    assert.ok(answer.status < 300, answer.text.slice(0, 1_000))
    assert.equal(answer.body.issued, 10_000)
    process.stdout.write(`      peak ${peak(node)} MB with a body of 30 MB\n`)
  }).timeout(180_000)

  it(`is bounded while the chain stands still for ${stallMs} ms and clients press on, and it recovers`, async () => {
    const before = recorded()
    let acknowledged = 0
    const refusals = new Map<string, number>()
    let pressing = true
    proxy.behave((requests) =>
      requests.some(({ method }) => method === 'eth_sendRawTransaction') ? 'stall' : 'pass',
    )
    const client = async (send: typeof issue) => {
      while (pressing) {
        const answer = await send()
        if (answer.status < 300) acknowledged += answer.body.issued ?? 1
        else {
          assert.equal(answer.status, 503, answer.text)
          assert.ok(Number(answer.headers['retry-after']) > 0)
          refusals.set(answer.body.code, (refusals.get(answer.body.code) ?? 0) + 1)
          await delay(20)
        }
      }
    }
    const clients = Promise.all(
      Array.from({ length: 16 }, () => client(issue)).concat(
        Array.from({ length: 8 }, () => client(issueOne)),
      ),
    )
    const live: number[] = []
    for (const deadline = Date.now() + stallMs; Date.now() < deadline; await delay(200)) {
      live.push((await node.call('GET', '/health/live')).status)
    }
    proxy.behave(() => 'pass')
    pressing = false
    await clients
    for (const deadline = Date.now() + 60_000; registered() < recorded(); await delay(100))
      assert.ok(Date.now() < deadline, `${registered()} of ${recorded()} registered`)
    const codes = [...refusals].map(([code, times]) => `${times} ${code}`).join(', ')
    process.stdout.write(
      `      ${acknowledged} acknowledged, refused: ${codes}; peak ${peak(node)} MB, all registered afterwards\n`,
    )
    assert.equal(recorded() - before, acknowledged)
    assert.ok(refusals.size > 0)
    assert.ok(live.every((status) => status === 200))
    assert.ok(peak(node) < limitMb, `${peak(node)} MB`)
    // a count of what waits is a second old at the most: one answer may still tell when to come again
    const first = await issue()
    if (first.status === 503) await delay(Number(first.headers['retry-after']) * 1_000)
    const last = first.status === 503 ? await issue() : first
    assert.ok(last.status < 300, `it does not go on by itself: ${last.text}`)
  }).timeout(180_000 + stallMs)
})

let told = 0
function tell(text: string, isWanted: boolean): void {
  if (!isWanted || Date.now() - told < 10_000) return
  told = Date.now()
  process.stdout.write(`      ${text}\n`)
}

const rss = (node: KillableNode) => memoryOf(node.pid(), 'VmRSS')
const peak = (node: KillableNode) => memoryOf(node.pid(), 'VmHWM')

function count(folder: string, sql: string): number {
  const database = new DatabaseSync(join(folder, 'cartulary.db'), { readOnly: true })
  try {
    return Number(database.prepare(sql).get()?.n)
  } finally {
    database.close()
  }
}

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { databaseFile } from '../../../node/stores/database-file.ts'
import { startChain, type TestChain } from '../../chain.ts'
import { createKillableNode, type KillableNode } from '../../crash/killable-node.ts'
import { createRandom, seed } from '../../crash/seed.ts'

// The second account of every Hardhat chain.
const secondPrivateKey = '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d'
const kills = Number(process.env.CRASH_KILLS ?? 3)
/** Exchanges that are under way when a node dies. */
const atOnce = 6

const jsonSchema = {
  type: 'object',
  properties: { degree: { type: 'object', properties: { name: { type: 'string' } } } },
}

interface Side {
  node: KillableNode
  folder: string
}

describe('two nodes that exchange credentials while one of them is killed', () => {
  let chain: TestChain
  let issuer: Side
  let holder: Side

  const openSide = async (environment: Record<string, string>): Promise<Side> => {
    const folder = await mkdtemp(join(tmpdir(), 'cartulary-'))
    const settings = { DATA_DIR: folder, CONNECTION_PEERS: 'loopback', ...environment }
    const node = await createKillableNode({ chain, environment: settings })
    await node.start()
    return { node, folder }
  }

  before(async () => {
    chain = await startChain()
    ;[issuer, holder] = await Promise.all([openSide({}), openSide({ RELAYER_PRIVATE_KEY: secondPrivateKey })])
  })
  after(async () => {
    for (const side of [issuer, holder]) {
      await side?.node.close()
      if (side) await rm(side.folder, { recursive: true })
    }
    await chain?.close()
  })

  /** A call that a killed node may leave without an answer: undefined then. */
  async function call({ node }: Side, method: string, path: string, body?: unknown) {
    const options = body === undefined ? {} : { body }
    const answer = await node.call(method, `/api/v1${path}`, options).catch(() => undefined)
    if (answer) assert.ok(answer.status < 300 || answer.status === 409 || answer.status === 503, answer.text)
    return answer && answer.status < 300 ? answer.body : undefined
  }

  const listOf = async (side: Side, state: string) =>
    ((await call(side, 'GET', `/exchanges?state=${state}&limit=200`))?.items ?? []) as { id: string }[]

  /** The holder accepts whatever is offered, as often as it takes. */
  async function acceptAll(holderDid: string): Promise<void> {
    for (const { id } of await listOf(holder, 'OFFER'))
      await call(holder, 'POST', `/exchanges/${id}/accept-offer`, { details: { holderDid } })
  }

  const isDone = async (side: Side) => {
    const { total, done } = inDatabase(
      side,
      `select count(*) as total, count(case when state = 'DONE' then 1 end) as done from exchanges`,
    )[0] as { total: number; done: number }
    assert.equal(inDatabase(side, `select * from exchanges where state = 'ABANDONED'`).length, 0)
    return total === done
  }

  /** Rows of a side's database, by a connection of their own. */
  function inDatabase({ folder }: Side, sql: string): Record<string, unknown>[] {
    const database = new DatabaseSync(databaseFile(folder), { readOnly: true, timeout: 5_000 })
    try {
      return database.prepare(sql).all()
    } finally {
      database.close()
    }
  }

  async function prepare() {
    const { did: issuerDid } = await call(issuer, 'POST', '/dids', { keys: ['Ed25519'] })
    const { did: holderDid } = await call(holder, 'POST', '/dids', { method: 'key' })
    const schema = { issuerDid, name: `s${randomUUID().slice(0, 8)}`, version: '1', jsonSchema }
    const { schemaId } = await call(issuer, 'POST', '/schemas', schema)
    return { issuerDid, holderDid, schemaId } as Record<'issuerDid' | 'holderDid' | 'schemaId', string>
  }

  async function connect(): Promise<string> {
    const { connection, invitation } = await call(issuer, 'POST', '/connections/invitations', {})
    await call(holder, 'POST', '/connections/accept', { invitation })
    while ((await call(issuer, 'GET', `/connections/${connection.id}`)).state !== 'DONE') await delay(20)
    return connection.id
  }

  /** A request whose node dies before its answer, and the same request again. */
  async function repeated(side: Side, path: string, body: unknown) {
    const headers = { 'idempotency-key': `"${randomUUID()}"` }
    const send = () => side.node.call('POST', `/api/v1${path}`, { body, headers })
    await side.node.doom('^update "idempotency" set "answer"')
    await assert.rejects(send(), 'it died before it answered')
    await side.node.gone()
    await side.node.start()
    const answer = await send()
    assert.ok(answer.status < 300, answer.text)
    return answer.body
  }

  it('finds what a request did whose node died before the answer', async () => {
    const { issuerDid, holderDid, schemaId } = await prepare()
    const { connection, invitation } = await repeated(issuer, '/connections/invitations', {})
    const accepted = await call(holder, 'POST', '/connections/accept', { invitation })
    const isConnected = async () =>
      (await call(holder, 'GET', `/connections/${accepted.id}`)).state === 'DONE'
    while (!(await isConnected())) await delay(20)
    const claims = { degree: { name: 'Bachelor' } }
    const details = { schemaId, issuerDid, claims, proofType: 'eddsa-jcs-2022' }
    const body = { connectionId: connection.id, format: 'w3c', details }
    const offered = await repeated(issuer, '/exchanges/offers', body)
    const path = `/exchanges?connectionId=${accepted.id}`
    const seen = async () => (await call(holder, 'GET', path)).items
    while ((await seen()).length === 0) await delay(20)
    const [{ id }] = await seen()
    await call(holder, 'POST', `/exchanges/${id}/accept-offer`, { details: { holderDid } })
    const isRequested = async () =>
      (await call(issuer, 'GET', `/exchanges/${offered.id}`)).state === 'REQUEST'
    while (!(await isRequested())) await delay(20)
    const issued = await repeated(issuer, `/exchanges/${offered.id}/accept-request`, {})
    while ((await seen())[0].state !== 'DONE') await delay(20)
    assert.deepEqual((await seen()).length, 1)
    assert.equal((await seen())[0].credentialId, issued.credentialId)
    const mine = `/exchanges?connectionId=${connection.id}`
    assert.equal((await call(issuer, 'GET', mine)).items.length, 1)
    assert.equal(inDatabase(issuer, 'select * from credentials').length, 1)
    assert.equal(inDatabase(issuer, 'select * from connections').length, 1)
  }).timeout(120_000)

  it(`ends each exchange on both sides with one credential, over ${kills} kills`, async () => {
    const { issuerDid, holderDid, schemaId } = await prepare()
    const connectionId = await connect()
    const claims = { degree: { name: 'Bachelor' } }
    const details = { schemaId, issuerDid, claims, proofType: 'eddsa-jcs-2022' }
    const offer = { connectionId, format: 'w3c', details, autoAcceptRequest: true }

    const random = createRandom(seed)
    for (let kill = 0; kill < kills; kill++) {
      const victim = random() < 0.5 ? issuer : holder
      // an exchange writes some 25 statements on each side: it dies before any of them
      await victim.node.doom(1 + Math.floor(random() * 25 * atOnce))
      const deadline = setTimeout(() => victim.node.kill(), 1_500)
      let isGone = false
      const gone = victim.node.gone().then(() => {
        isGone = true
      })
      await Promise.all(
        Array.from({ length: atOnce }, () => call(issuer, 'POST', '/exchanges/offers', offer)),
      )
      while (!isGone) {
        await acceptAll(holderDid)
        await delay(20)
      }
      await gone
      clearTimeout(deadline)
      await victim.node.start()
    }

    const started = performance.now()
    for (;;) {
      await acceptAll(holderDid)
      if ((await isDone(issuer)) && (await isDone(holder)) && (await listOf(holder, 'OFFER')).length === 0)
        break
      assert.ok(performance.now() - started < 60_000, 'not every exchange comes to its end')
      await delay(100)
    }
    const threads = 'select thread_id, credential_id from exchanges order by thread_id'
    const ofIssuer = inDatabase(issuer, threads)
    assert.ok(ofIssuer.length >= atOnce)
    assert.deepEqual(inDatabase(holder, threads), ofIssuer)
    const ids = ofIssuer.map(({ credential_id }) => credential_id).sort()
    assert.equal(new Set(ids).size, ids.length)
    const idsIn = (side: Side, table: string) =>
      inDatabase(side, `select credential_id from ${table}`)
        .map(({ credential_id }) => credential_id)
        .sort()
    assert.deepEqual(idsIn(issuer, 'credentials'), ids)
    assert.deepEqual(idsIn(holder, 'received_credentials'), ids)
    process.stdout.write(`      ${ids.length} exchanges, ${kills} kills (seed ${seed})\n`)
  }).timeout(60_000 + kills * 20_000)
})

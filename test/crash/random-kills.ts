import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { type Database, openDatabase } from '../../node/stores/database.ts'
import { startChain, type TestChain } from '../chain.ts'
import { registeredOnce } from '../registered-once.ts'
import { describeOnStacks, type FreshDatabase, nodeStacks } from '../stacks.ts'
import { type EventReceiver, startEventReceiver } from './event-receiver.ts'
import { verifyEvery } from './every-credential.ts'
import { createKillableNode, type KillableNode } from './killable-node.ts'
import { type Load, startLoad } from './load.ts'
import { createRandom, seed } from './seed.ts'

const jsonSchema = {
  type: 'object',
  properties: { degree: { type: 'object', properties: { name: { type: 'string' } } } },
}
const clients = 6
/** Within so many milliseconds everything is done that was left over; a node that is alone takes it up at its start. */
const leftOverMs = { alone: 20_000, shared: 60_000 }

describeOnStacks(
  'a node that is killed at random under load',
  (stack) => {
    const isEmbedded = stack === nodeStacks[0]
    const kills = Number(process.env.CRASH_KILLS ?? (isEmbedded ? 50 : 10))
    let chain: TestChain
    let fresh: FreshDatabase
    let node: KillableNode
    /** What runs the jobs, where that is a process of its own. */
    let worker: KillableNode | undefined
    let receiver: EventReceiver
    let database: Database

    before(async () => {
      chain = await startChain()
      fresh = await stack.create()
      receiver = await startEventReceiver()
      const environment = { ...fresh.environment, WEBHOOK_HOSTS: 'loopback' }
      node = await createKillableNode({ chain, environment, ...(!isEmbedded && { role: 'api' }) })
      if (!isEmbedded) {
        // brings the database up to date, before there are processes of both kinds
        const shared = { ...environment, PUBLIC_URL: node.url }
        const first = await createKillableNode({ chain, environment: shared })
        await first.start()
        await first.close()
        worker = await createKillableNode({ chain, environment: shared, role: 'worker' })
        await worker.start()
      }
      await node.start()
    })

    after(async () => {
      await database?.destroy()
      await node?.close()
      await worker?.close()
      await receiver?.close()
      await chain?.close()
      await fresh?.drop()
    })

    async function post(path: string, body: unknown) {
      const answer = await node.call('POST', path, { body })
      assert.ok(answer.status < 300, answer.text)
      return answer.body
    }

    it(`keeps all it acknowledged, once, over ${kills} kills`, async () => {
      const { did } = await post('/api/v1/dids', { keys: ['Ed25519'] })
      const schema = { issuerDid: did, name: 'degree', version: '1', jsonSchema }
      const { schemaId } = await post('/api/v1/schemas', schema)
      await post('/api/v1/webhooks', { url: receiver.url, types: ['credentials.issued'] })
      const load = startLoad(node, { issuerDid: did, schemaId, proofType: 'eddsa-jcs-2022' }, clients)
      const restarts = await killAtRandom(worker ? [node, worker] : [node], load, kills)
      await load.stop()
      // what was killed last may have left an answer to give, a registration, a delivery
      database = await openDatabase(fresh.location)
      const milliseconds = leftOverMs[isEmbedded ? 'alone' : 'shared']
      await until(() => isSettled(database), milliseconds)
      const events = await database
        .selectFrom('events')
        .select('id')
        .where('type', '=', 'credentials.issued')
        .execute()
      await until(async () => events.every(({ id }) => receiver.received.has(id)), milliseconds)
      const { recorded } = await registeredOnce({ chain, database }, idsOf(load))
      assert.equal(await recordedOnce(database, load), recorded)
      const from = performance.now()
      const verified = await verifyEvery(node, chain, load)
      const seconds = ((performance.now() - from) / 1_000).toFixed(1)
      const mean = restarts.reduce((sum, milliseconds) => sum + milliseconds, 0) / restarts.length
      const counts = `${load.acknowledged.length} acknowledged, ${verified} of them verified in ${seconds} s, ${recorded} recorded and registered, ${load.revoked.length} revoked`
      const deliveries = `${events.length} events delivered`
      const requests = `${load.repeated} requests repeated, ${load.lost} lost`
      process.stdout.write(
        `      ${kills} kills (seed ${seed}): ${counts}; ${deliveries}; ${requests}; a restart takes ${mean.toFixed(0)} ms\n`,
      )
    }).timeout(60_000 + kills * 15_000)
  },
  nodeStacks,
)

/** Kills it some answers after its start, and now and then while it starts. */
async function killAtRandom(nodes: readonly KillableNode[], load: Load, kills: number): Promise<number[]> {
  const random = createRandom(seed)
  const restarts: number[] = []
  for (let kill = 0; kill < kills; kill++) {
    const wanted = load.acknowledged.length + Math.floor(random() * 10)
    const deadline = Date.now() + 5_000
    while (load.acknowledged.length < wanted && Date.now() < deadline) await delay(5)
    await delay(random() * 100)
    const node = nodes[Math.floor(random() * nodes.length)] as KillableNode
    if (random() < 0.15) {
      const starting = node.start().catch(() => undefined)
      await delay(random() * 400)
      await node.kill()
      await starting
      kill++
    }
    restarts.push(await node.start())
    if (kill % 50 === 49) {
      process.stdout.write(`      ${kill + 1} of ${kills} kills, ${load.acknowledged.length} acknowledged\n`)
    }
  }
  return restarts
}

/** Looks again until it is so; what was left over is taken up by a job at its next turn. */
async function until(isTrue: () => Promise<boolean>, milliseconds: number): Promise<void> {
  const deadline = Date.now() + milliseconds
  while (!(await isTrue())) {
    assert.ok(Date.now() < deadline, 'work was left over')
    await delay(100)
  }
}

async function count(query: { executeTakeFirst(): Promise<{ n: number | string | bigint } | undefined> }) {
  return Number((await query.executeTakeFirst())?.n)
}

/** Whether nothing is left to register, to deliver, or to find out. */
async function isSettled(database: Database): Promise<boolean> {
  const of = <Table extends 'outbox' | 'registrations' | 'status_changes'>(table: Table) =>
    database.selectFrom(table as 'outbox').select((eb) => eb.fn.countAll<number>().as('n'))
  const waiting = await count(of('outbox').where('done_at', 'is', null))
  const open = await count(of('registrations').where('state' as never, '=', 'open' as never))
  const changes = await count(of('status_changes').where('state' as never, '=', 'open' as never))
  return waiting + open + changes === 0
}

const idsOf = ({ acknowledged }: Load) => acknowledged.map(({ credentialId }) => credentialId)

/** Every acknowledged credential is its holder's, what was revoked is, no request was done twice; gives their number. */
async function recordedOnce(database: Database, load: Load): Promise<number> {
  const rows = await database
    .selectFrom('credentials')
    .select(['credential_id', 'holder_did', 'status'])
    .execute()
  const byId = new Map(rows.map((row) => [row.credential_id, row]))
  for (const { credentialId, holderDid } of load.acknowledged)
    assert.equal(byId.get(credentialId)?.holder_did, holderDid, credentialId)
  for (const credentialId of load.revoked) assert.equal(byId.get(credentialId)?.status, 'revoked')
  assert.equal(new Set(rows.map((row) => row.holder_did)).size, rows.length, 'a request was done twice')
  // of those that were never acknowledged there are no more than were lost
  assert.ok(rows.length - load.acknowledged.length <= load.lost * 5)
  return rows.length
}

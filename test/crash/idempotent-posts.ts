import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import { openAnonCredsParties } from '../anoncreds.ts'
import { startChain, type TestChain } from '../chain.ts'
import { describeOnStacks, type FreshDatabase, stacks } from '../stacks.ts'
import { type EventReceiver, startEventReceiver } from './event-receiver.ts'
import { createKillableNode, type KillableNode } from './killable-node.ts'
import { newSchema, type Post, type World } from './post.ts'
import { posts } from './posts.ts'
import { postsInSteps } from './posts-in-steps.ts'
import { createRandom, seed } from './seed.ts'
import type { PlainAnswer } from './unpooled-call.ts'

/** In the soak every statement of every request is once the last one; here a few. */
const exhaustive = process.env.CRASH_EXHAUSTIVE === 'true'
const beforeAnswer = '^update "idempotency" set "answer"'
const everyPost = [...posts, ...postsInSteps]

/** Why a POST of the OpenAPI description is not tried here. */
const exempt: Record<string, string> = {
  ...same('/api/v1/dids/{did}/rotate-key', '/api/v1/dids/{did}/keys/rotate'),
  ...same('/api/v1/credentials/schemas', '/api/v1/schemas'),
  ...same('/api/v1/credentials/schemas/{id}/deactivate', '/api/v1/schemas/{id}/deactivate'),
  ...same('/api/v1/credentials/schemas/{id}/issuers', '/api/v1/schemas/{id}/issuers'),
  ...same('/api/v1/credentials/issue/bulk/{id}/pause', '/api/v1/credentials/issue/bulk/{id}/resume'),
  ...same('/api/v1/credentials/issue/bulk/{id}/cancel', '/api/v1/credentials/issue/bulk/{id}/resume'),
  ...nothingWritten('/api/v1/credentials/verify', '/api/v1/credentials/derive'),
  ...nothingWritten('/api/v1/presentations', '/api/v1/presentations/verify'),
  ...nothingWritten('/api/v1/anoncreds/presentations'),
  ...nothingWritten('/vc-api/credentials/verify', '/vc-api/credentials/derive'),
  ...nothingWritten('/vc-api/presentations', '/vc-api/presentations/verify'),
  '/api/v1/connections/invitations': 'in test/node/exchange/killed-nodes.ts',
  '/api/v1/exchanges/offers': 'in test/node/exchange/killed-nodes.ts',
  '/api/v1/exchanges/{id}/accept-request': 'in test/node/exchange/killed-nodes.ts',
  '/api/v1/connections/{id}/messages':
    'for callers without an API key; a message is known by its id, in test/node/exchange/killed-nodes.ts',
}

function same(path: string, other: string): Record<string, string> {
  return { [path]: `the same code as ${other}` }
}

function nothingWritten(...paths: readonly string[]): Record<string, string> {
  return Object.fromEntries(paths.map((path) => [path, 'nothing is written']))
}

describeOnStacks('a POST with an Idempotency-Key, when the process dies under it', (stack) => {
  const isFile = stack === stacks[0]
  let chain: TestChain
  let fresh: FreshDatabase
  let receiver: EventReceiver
  let node: KillableNode
  let world: World
  const random = createRandom(seed)
  const restarts: number[] = []
  let deaths = 0

  before(async function () {
    this.timeout(60_000)
    chain = await startChain()
    fresh = await stack.create()
    receiver = await startEventReceiver()
    const settings = { WEBHOOK_HOSTS: 'loopback', CONNECTION_PEERS: 'loopback' }
    node = await createKillableNode({ chain, environment: { ...fresh.environment, ...settings } })
    await node.start()
    world = await openWorld()
  })

  after(async () => {
    await world?.parties.close()
    await node?.close()
    await receiver?.close()
    await chain?.close()
    await fresh?.drop()
    const mean = restarts.reduce((sum, milliseconds) => sum + milliseconds, 0) / restarts.length
    process.stdout.write(`      ${deaths} deaths (seed ${seed}), a restart takes ${mean.toFixed(0)} ms\n`)
  })

  async function openWorld(): Promise<World> {
    const post: World['post'] = async (path, body, headers) => {
      const answer = await node.call('POST', path, { body, ...(headers && { headers }) })
      assert.ok(answer.status < 300, JSON.stringify(answer.body))
      return answer.body
    }
    const until: World['until'] = async (path, isSo) => {
      for (;;) {
        const { body } = await node.call('GET', path)
        if (isSo(body)) return body
        await delay(20)
      }
    }
    const dataDir = fresh.environment.DATA_DIR as string
    const parties = await openAnonCredsParties({ chain, dataDir, call: node.call }, fresh.location)
    const count: World['count'] = async (question) => {
      const { rows } = await sql.raw<{ n: unknown }>(question).execute(parties.database)
      return Number(rows[0]?.n)
    }
    const { did: issuerDid } = await post('/api/v1/dids', { keys: ['Ed25519'] })
    const { schemaId } = await post('/api/v1/schemas', newSchema({ issuerDid }))
    return { node, chain, issuerDid, schemaId, parties, receiverUrl: receiver.url, post, until, count }
  }

  const countAll = ({ counts }: Post) => Promise.all(counts.map((one) => world.count(one.sql)))

  /** Dies at that point, is started again, and the request is repeated until it is answered; true when it died. */
  async function dieUnder(post: Post, doom: number | string): Promise<boolean> {
    const { path, body, another, headers: own, whileGone, meanwhile } = await post.prepare(world)
    assert.match(path, new RegExp(`^${post.path.replaceAll(/\{\w+\}/g, '[^/]+')}([?]|$)`))
    const counted = await countAll(post)
    const headers = { 'idempotency-key': `"${randomUUID()}"`, ...own }
    const options = { ...(body !== undefined && { body }), headers }
    await node.doom(doom)
    const first = await node.call('POST', path, options).catch(() => undefined)
    // what follows on the answer may have been its death
    const isAlive = first !== undefined && (await outlives(node.doom(null)))
    if (!isAlive) {
      deaths++
      await node.gone()
      await whileGone?.()
      restarts.push(await node.start())
      if (another !== undefined && doom === beforeAnswer) {
        const refused = await untilAnswered(() => node.call('POST', path, { ...options, body: another }))
        assert.deepEqual([refused.status, refused.body.code], [422, 'IDEMPOTENCY_KEY_REUSED'])
      }
    }
    if (first || doom === beforeAnswer) await meanwhile?.()
    const answer = await untilAnswered(() => node.call('POST', path, options))
    assert.ok(answer.status < 300, `${answer.status} ${answer.text}, where it died: ${doom}`)
    if (first) assert.equal(answer.text, first.text)
    else if (doom === beforeAnswer) post.answered?.(answer.body)
    else await meanwhile?.()
    const again = await node.call('POST', path, options)
    assert.deepEqual([again.status, again.text], [answer.status, answer.text])
    assert.equal(again.headers['idempotency-replayed'], 'true')
    const expected = post.counts.map(({ by }, position) => (counted[position] ?? 0) + by)
    assert.deepEqual(await countAll(post), expected, `where it died: ${doom}`)
    return first === undefined
  }

  if (isFile)
    it('is tried here, or there is a reason not to, for each of the OpenAPI description', async () => {
      const { body } = await node.call('GET', '/openapi.json')
      const described = Object.entries(body.paths as Record<string, object>)
      const known = described.flatMap(([path, operations]) => ('post' in operations ? [path] : []))
      const tried = new Set([...everyPost.map(({ path }) => path), ...Object.keys(exempt)])
      assert.deepEqual([...tried].sort(), known.sort())
    })

  for (const post of everyPost.filter(({ onServer }) => isFile || onServer)) {
    it(`makes ${post.name} once`, async () => {
      assert.ok(await dieUnder(post, beforeAnswer), 'it was to die before the answer was kept')
      if (!exhaustive && isFile && post.severalActs) await dieUnder(post, 1 + Math.floor(random() * 12))
      for (let point = 1; exhaustive && isFile; point++) if (!(await dieUnder(post, point))) return
    }).timeout(exhaustive ? 600_000 : 60_000)
  }
})

const outlives = (order: Promise<void>): Promise<boolean> =>
  order.then(
    () => true,
    () => false,
  )

async function untilAnswered(ask: () => Promise<PlainAnswer>): Promise<PlainAnswer> {
  const deadline = Date.now() + 30_000
  for (;;) {
    const answer = await ask()
    if (answer.body?.retryable !== true || Date.now() > deadline) return answer
    await delay(100)
  }
}

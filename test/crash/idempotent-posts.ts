import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { startChain, type TestChain } from '../chain.ts'
import { createKillableNode, type KillableNode } from './killable-node.ts'
import { createRandom, seed } from './seed.ts'
import type { PlainAnswer } from './unpooled-call.ts'

const holderDid = 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK'
/** In the soak every statement of every request is once the last one; here a few. */
const exhaustive = process.env.CRASH_EXHAUSTIVE === 'true'
const beforeAnswer = '^update "idempotency" set "answer"'

/** What a POST makes: how many of it there are is counted before and after. */
interface Post {
  name: string
  /** Address and body; what it needs is made first. */
  prepare(world: World): Promise<{
    path: string
    body: unknown
    headers?: Record<string, string>
    /** A body with which the same key is refused, whatever died: of one that is a stream the node has to keep a digest. */
    another?: string
  }>
  /** Whether it writes to database and ledger in turns, so that more can go wrong between. */
  severalActs?: true
  /** Each question gives a number, which the request raises by so much. */
  counts: readonly { sql: string; by: number }[]
}

interface World {
  node: KillableNode
  issuerDid: string
  schemaId: string
  post(path: string, body: unknown): Promise<PlainAnswer['body']>
}

const degree = {
  type: 'object',
  properties: { degree: { type: 'object', properties: { name: { type: 'string' } } } },
}
const claims = { degree: { name: 'Bachelor of Science' } }
const rows = (table: string, where = '1 = 1') => `select count(*) as n from ${table} where ${where}`
const terms = ({ issuerDid, schemaId }: World) => ({ issuerDid, schemaId, proofType: 'eddsa-jcs-2022' })
const newSchema = (world: World) => ({
  ...{ issuerDid: world.issuerDid, name: `s${randomUUID().slice(0, 8)}`, version: '1', jsonSchema: degree },
})
const newCredential = async (world: World) =>
  (await world.post('/api/v1/credentials/issue', { ...terms(world), holderDid, claims }))
    .credentialId as string

const posts: readonly Post[] = [
  {
    name: 'an API key',
    prepare: async () => ({
      path: '/api/v1/api-keys',
      body: { name: 'a key', scopes: ['credentials:read'], issuerDids: '*' },
    }),
    counts: [{ sql: rows('api_keys'), by: 1 }],
  },
  {
    name: 'an offer',
    prepare: async (world) => ({
      path: `/api/v1/credentials/${encodeURIComponent(await newCredential(world))}/offers`,
      body: {},
    }),
    counts: [{ sql: rows('offers'), by: 1 }],
  },
  {
    name: 'a DID on the ledger',
    severalActs: true,
    prepare: async () => ({ path: '/api/v1/dids', body: { keys: ['Ed25519'] } }),
    counts: [{ sql: rows('dids', `state = 'active'`), by: 1 }],
  },
  {
    name: 'a did:key',
    prepare: async () => ({ path: '/api/v1/dids', body: { method: 'key' } }),
    counts: [{ sql: rows('dids', `state = 'active'`), by: 1 }],
  },
  {
    name: 'a schema',
    prepare: async (world) => ({ path: '/api/v1/schemas', body: newSchema(world) }),
    counts: [{ sql: rows('schemas', `state = 'registered'`), by: 1 }],
  },
  {
    name: 'the end of a schema',
    async prepare(world) {
      const { schemaId } = await world.post('/api/v1/schemas', newSchema(world))
      return { path: `/api/v1/schemas/${encodeURIComponent(schemaId)}/deactivate`, body: undefined }
    },
    counts: [{ sql: rows('schemas', 'active = 0'), by: 1 }],
  },
  {
    name: 'issuers of a restricted schema',
    async prepare(world) {
      const { schemaId } = await world.post('/api/v1/schemas', { ...newSchema(world), restricted: true })
      const path = `/api/v1/schemas/${encodeURIComponent(schemaId)}/issuers`
      return { path, body: { issuerDids: [world.issuerDid] } }
    },
    counts: [],
  },
  {
    name: 'new keys',
    severalActs: true,
    async prepare(world) {
      const { did } = await world.post('/api/v1/dids', { keys: ['Ed25519', 'P-256'] })
      return { path: `/api/v1/dids/${encodeURIComponent(did)}/keys/rotate`, body: {} }
    },
    counts: [
      { sql: rows('did_keys', `state = 'active'`), by: 0 },
      { sql: rows('did_keys', `state = 'pending'`), by: 0 },
      { sql: rows('did_keys', `state = 'rotated'`), by: 2 },
    ],
  },
  {
    name: 'a tenant',
    prepare: async () => ({
      path: '/api/v1/tenants',
      body: { tenantId: `t${randomUUID().slice(0, 8)}`, name: 'A tenant' },
    }),
    counts: [{ sql: rows('tenants'), by: 1 }],
  },
  {
    name: 'a webhook',
    prepare: async () => ({
      path: '/api/v1/webhooks',
      body: { url: 'https://example.org/hooks', types: ['*'] },
    }),
    counts: [{ sql: rows('webhooks'), by: 1 }],
  },
  {
    name: 'another secret of a webhook',
    async prepare(world) {
      const hook = { url: 'https://example.org/hooks', types: ['*'] }
      const { id } = await world.post('/api/v1/webhooks', hook)
      return { path: `/api/v1/webhooks/${id}/secret`, body: undefined }
    },
    counts: [{ sql: rows('events', `type = 'webhook.updated'`), by: 1 }],
  },
  {
    name: 'a recall',
    prepare: async ({ issuerDid }) => ({
      path: '/api/v1/recalls',
      body: { verificationMethod: `${issuerDid}#none`, since: '2026-01-01T00:00:00Z', action: 'reissue' },
    }),
    counts: [{ sql: rows('recalls'), by: 1 }],
  },
  {
    name: 'a link secret',
    prepare: async () => ({ path: '/api/v1/anoncreds/link-secrets', body: { name: randomUUID() } }),
    counts: [{ sql: rows('link_secrets'), by: 1 }],
  },
  {
    name: 'a presentation request',
    prepare: async () => ({
      path: '/api/v1/anoncreds/presentation-requests',
      body: { name: 'who', requested_attributes: { name: { name: 'name' } } },
    }),
    counts: [{ sql: rows('presentation_requests'), by: 1 }],
  },
  {
    name: 'a credential',
    severalActs: true,
    prepare: async (world) => ({
      path: '/api/v1/credentials/issue',
      body: { ...terms(world), holderDid, claims },
    }),
    counts: [
      { sql: rows('credentials'), by: 1 },
      { sql: 'select sum(registered) as n from status_lists', by: 1 },
      { sql: rows('events', `type = 'credentials.issued'`), by: 1 },
    ],
  },
  {
    name: 'a batch',
    severalActs: true,
    prepare: async (world) => ({
      path: '/api/v1/credentials/issue/batch?include=credentials',
      body: {
        ...terms(world),
        credentials: [
          { holderDid, claims },
          { holderDid, claims: { degree: 1 } },
          { holderDid, claims },
        ],
      },
    }),
    counts: [
      { sql: rows('credentials'), by: 2 },
      { sql: 'select sum(registered) as n from status_lists', by: 2 },
    ],
  },
  {
    name: 'an upload of rows',
    async prepare({ issuerDid, schemaId }) {
      const query = new URLSearchParams({ issuerDid, schemaId, proofType: 'eddsa-jcs-2022', dryRun: 'true' })
      const row = (name: string) => `${holderDid},${name}\n`
      const body = `holderDid,degree.name\n${row('a').repeat(20)}`
      return {
        path: `/api/v1/credentials/issue/bulk?${query}`,
        headers: { 'content-type': 'text/csv' },
        body,
        another: body.replace(/a\n$/, 'b\n'),
      }
    },
    // what arrived of an upload that was cut off goes away with time, and is no job before
    counts: [
      { sql: rows('bulk_jobs', `state <> 'receiving'`), by: 1 },
      { sql: `select sum(total) as n from bulk_jobs where state <> 'receiving'`, by: 20 },
    ],
  },
  {
    name: 'a document of the VC API',
    prepare: async ({ issuerDid }) => ({
      path: '/vc-api/credentials/issue',
      body: {
        credential: {
          '@context': ['https://www.w3.org/ns/credentials/v2'],
          ...{ type: ['VerifiableCredential'], issuer: issuerDid, credentialSubject: { id: holderDid } },
        },
        options: { statusPurpose: 'revocation' },
      },
    }),
    counts: [
      { sql: rows('credentials'), by: 1 },
      { sql: 'select sum(registered) as n from status_lists', by: 1 },
    ],
  },
  {
    name: 'a revocation',
    severalActs: true,
    prepare: async (world) => ({
      path: '/api/v1/credentials/revoke',
      body: { credentialIds: [await newCredential(world), await newCredential(world)] },
    }),
    counts: [
      { sql: rows('credentials', `status = 'revoked'`), by: 2 },
      { sql: rows('status_changes', `state = 'done'`), by: 2 },
    ],
  },
]

describe('a POST with an Idempotency-Key, when the process dies under it', () => {
  let chain: TestChain
  let folder: string
  let node: KillableNode
  let world: World
  const random = createRandom(seed)
  const restarts: number[] = []
  let deaths = 0

  before(async () => {
    chain = await startChain()
    folder = await mkdtemp(join(tmpdir(), 'cartulary-'))
    node = await createKillableNode({ chain, environment: { DATA_DIR: folder } })
    await node.start()
    const post = async (path: string, body: unknown) => {
      const answer = await node.call('POST', path, { body })
      assert.ok(answer.status < 300, JSON.stringify(answer.body))
      return answer.body
    }
    const { did } = await post('/api/v1/dids', { keys: ['Ed25519'] })
    world = { node, issuerDid: did, schemaId: '', post }
    world.schemaId = (await post('/api/v1/schemas', newSchema(world))).schemaId
  })

  after(async () => {
    await node?.close()
    await chain?.close()
    await rm(folder, { recursive: true })
    const mean = restarts.reduce((sum, milliseconds) => sum + milliseconds, 0) / restarts.length
    process.stdout.write(`      ${deaths} deaths (seed ${seed}), a restart takes ${mean.toFixed(0)} ms\n`)
  })

  /** Dies at that point, is started again, and the request is repeated until it is answered; true when it died. */
  async function dieUnder(post: Post, doom: number | string): Promise<boolean> {
    const { path, body, another, headers: own } = await post.prepare(world)
    const counted = post.counts.map(({ sql }) => count(folder, sql))
    const headers = { 'idempotency-key': `"${randomUUID()}"`, ...own }
    const options = { ...(body !== undefined && { body }), headers }
    await node.doom(doom)
    const first = await node.call('POST', path, options).catch(() => undefined)
    if (first) await node.doom(null)
    else {
      deaths++
      await node.gone()
      restarts.push(await node.start())
      if (another !== undefined && doom === beforeAnswer) {
        const refused = await untilAnswered(() => node.call('POST', path, { ...options, body: another }))
        assert.deepEqual([refused.status, refused.body.code], [422, 'IDEMPOTENCY_KEY_REUSED'])
      }
    }
    const answer = await untilAnswered(() => node.call('POST', path, options))
    assert.ok(answer.status < 300, `${answer.status} ${answer.text}, where it died: ${doom}`)
    if (first) assert.equal(answer.text, first.text)
    const again = await node.call('POST', path, options)
    assert.deepEqual([again.status, again.text], [answer.status, answer.text])
    assert.equal(again.headers['idempotency-replayed'], 'true')
    const expected = post.counts.map(({ by }, position) => (counted[position] ?? 0) + by)
    const found = post.counts.map(({ sql }) => count(folder, sql))
    assert.deepEqual(found, expected, `where it died: ${doom}`)
    return first === undefined
  }

  for (const post of posts) {
    it(`makes ${post.name} once`, async () => {
      assert.ok(await dieUnder(post, beforeAnswer), 'it was to die before the answer was kept')
      if (!exhaustive && post.severalActs) await dieUnder(post, 1 + Math.floor(random() * 12))
      for (let point = 1; exhaustive; point++) if (!(await dieUnder(post, point))) return
    }).timeout(exhaustive ? 600_000 : 60_000)
  }
})

function count(folder: string, sql: string): number {
  const database = new DatabaseSync(join(folder, 'cartulary.db'), { readOnly: true })
  try {
    return Number(database.prepare(sql).get()?.n)
  } finally {
    database.close()
  }
}

async function untilAnswered(ask: () => Promise<PlainAnswer>): Promise<PlainAnswer> {
  const deadline = Date.now() + 30_000
  for (;;) {
    const answer = await ask()
    if (answer.body?.retryable !== true || Date.now() > deadline) return answer
    await delay(100)
  }
}

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { getAddress, type Hex } from 'viem'
import { claims, holderDid, type Post, rows, terms, type World } from './post.ts'

const base = '/api/v1/anoncreds'

async function newAnonCredsSchema(world: World) {
  const body = { issuerDid: world.issuerDid, name: randomUUID(), version: '1.0', attrNames: ['name'] }
  return { body, schemaId: async () => (await world.post(`${base}/schemas`, body)).schemaId as string }
}

/** What the owner of a DID has put onto the ledger, so that a node takes it in. */
async function readyForImport({ node, chain }: World): Promise<{ did: string }> {
  const did = `did:ethr:0x7a69:0x${randomUUID().replaceAll('-', '').padStart(40, '1')}`
  const { status, body } = await node.call('POST', '/api/v1/dids/import', { body: { did } })
  assert.deepEqual([status, body.code], [422, 'DELEGATION_ON_LEDGER_MISSING'])
  const owner = getAddress(did.slice(-42))
  await chain.request('hardhat_setBalance', [owner, '0xde0b6b3a7640000'])
  await chain.request('hardhat_impersonateAccount', [owner])
  const sent = await chain.request('eth_sendTransaction', [{ from: owner, to: body.to, data: body.data }])
  await (await chain.viem.getPublicClient()).waitForTransactionReceipt({ hash: sent as Hex })
  return { did }
}

/** A delivery that has arrived. */
async function delivered({ post, until, receiverUrl }: World) {
  const hook = await post('/api/v1/webhooks', { url: receiverUrl, types: ['wallet.credential_deleted'] })
  const { id } = await post(`/api/v1/webhooks/${hook.id}/test`)
  const deliveries = `/api/v1/webhooks/${hook.id}/deliveries`
  const arrived = () => until(deliveries, ({ items }) => items[0].state === 'delivered')
  await arrived()
  return { path: `${deliveries}/${id}/replay`, arrived }
}

async function pausedJob(world: World): Promise<string> {
  const query = new URLSearchParams({ ...terms(world), dryRun: 'true' })
  const file = `holderDid,degree.name\n${`${holderDid},a\n`.repeat(20_000)}`
  const type = { 'content-type': 'text/csv' }
  const { id } = await world.post(`/api/v1/credentials/issue/bulk?${query}`, file, type)
  await world.post(`/api/v1/credentials/issue/bulk/${id}/pause`)
  return `/api/v1/credentials/issue/bulk/${id}`
}

/** Both ends of a connection, which are the node's own. */
async function connect({ post, until }: World): Promise<{ inviter: string; invitee: string }> {
  const { connection, invitation } = await post('/api/v1/connections/invitations', {})
  const { id } = await post('/api/v1/connections/accept', { invitation })
  for (const end of [id, connection.id])
    await until(`/api/v1/connections/${end}`, ({ state }) => state === 'DONE')
  return { inviter: connection.id, invitee: id }
}

const details = (world: World) => ({ ...terms(world), claims })

async function seen({ until }: World, connectionId: string, state: string): Promise<string> {
  const path = `/api/v1/exchanges?connectionId=${connectionId}&state=${state}`
  return (await until(path, ({ items }) => items.length === 1)).items[0].id
}

/** Requests that follow on others: webhooks, jobs, DIDs of others, AnonCreds, exchanges. */
export const postsInSteps: readonly Post[] = [
  {
    name: 'a test of a webhook',
    path: '/api/v1/webhooks/{id}/test',
    async prepare({ post, receiverUrl }) {
      const { id } = await post('/api/v1/webhooks', {
        url: receiverUrl,
        types: ['wallet.credential_deleted'],
      })
      return { path: `/api/v1/webhooks/${id}/test`, body: undefined }
    },
    counts: [{ sql: rows('webhook_deliveries', `type = 'webhook.test'`), by: 1 }],
  },
  {
    name: 'a delivery sent again',
    path: '/api/v1/webhooks/{id}/deliveries/{deliveryId}/replay',
    async prepare(world) {
      const { path, arrived } = await delivered(world)
      return { path, body: undefined, meanwhile: arrived }
    },
    counts: [{ sql: rows('webhook_deliveries', `type = 'webhook.test'`), by: 0 }],
    answered: ({ state }) => assert.equal(state, 'delivered', 'it is sent a third time'),
  },
  {
    name: 'a job that goes on',
    path: '/api/v1/credentials/issue/bulk/{id}/resume',
    async prepare(world) {
      const job = await pausedJob(world)
      // a job that has ended goes on no more
      const meanwhile = () => world.post(`${job}/cancel`)
      return { path: `${job}/resume`, body: undefined, meanwhile }
    },
    counts: [{ sql: rows('bulk_jobs', `state = 'cancelled'`), by: 1 }],
  },
  {
    name: 'a DID of another owner',
    path: '/api/v1/dids/import',
    prepare: async (world) => ({ path: '/api/v1/dids/import', body: await readyForImport(world) }),
    counts: [
      { sql: rows('dids', `origin = 'imported'`), by: 1 },
      { sql: rows('events', `type = 'did.imported'`), by: 1 },
    ],
  },
  {
    name: 'an AnonCreds schema',
    path: '/api/v1/anoncreds/schemas',
    prepare: async (world) => ({ path: `${base}/schemas`, body: (await newAnonCredsSchema(world)).body }),
    counts: [{ sql: rows('anoncreds_schemas', `state = 'registered'`), by: 1 }],
  },
  {
    name: 'the end of an AnonCreds schema',
    path: '/api/v1/anoncreds/schemas/{id}/deactivate',
    async prepare(world) {
      const id = await (await newAnonCredsSchema(world)).schemaId()
      return { path: `${base}/schemas/${encodeURIComponent(id)}/deactivate`, body: undefined }
    },
    counts: [{ sql: rows('anoncreds_schemas', 'active = 0'), by: 1 }],
  },
  {
    name: 'the end of a credential definition',
    path: '/api/v1/anoncreds/cred-defs/{id}/deactivate',
    async prepare(world) {
      const schemaId = await (await newAnonCredsSchema(world)).schemaId()
      const id = await world.parties.define({ issuerDid: world.issuerDid, schemaId })
      return { path: `${base}/cred-defs/${encodeURIComponent(id)}/deactivate`, body: undefined }
    },
    counts: [{ sql: rows('anoncreds_definitions', 'active = 0'), by: 1 }],
  },
  {
    name: 'an answer to a presentation request',
    path: '/api/v1/anoncreds/presentations/verify',
    async prepare({ post }) {
      const asked = { name: 'who', requested_attributes: { name: { name: 'name' } } }
      const kept = await post(`${base}/presentation-requests`, asked)
      const { presentationRequest, presentationRequestId } = kept
      const { presentation } = await post(`${base}/presentations`, {
        presentationRequest,
        selfAttested: { name: 'Ada' },
      })
      return { path: `${base}/presentations/verify`, body: { presentation, presentationRequestId } }
    },
    counts: [{ sql: rows('presentation_requests', 'used_at is not null'), by: 1 }],
    answered: ({ verified }) => assert.equal(verified, true),
  },
  {
    name: 'an accepted invitation',
    path: '/api/v1/connections/accept',
    async prepare({ post }) {
      const { invitation } = await post('/api/v1/connections/invitations', {})
      return { path: '/api/v1/connections/accept', body: { invitation } }
    },
    counts: [{ sql: rows('connections', `role = 'INVITEE'`), by: 1 }],
  },
  {
    name: 'a proposal',
    path: '/api/v1/exchanges/proposals',
    async prepare(world) {
      const { invitee: connectionId } = await connect(world)
      const body = { connectionId, format: 'w3c', details: details(world) }
      return { path: '/api/v1/exchanges/proposals', body }
    },
    counts: [{ sql: rows('exchanges', `role = 'HOLDER' and state = 'PROPOSAL'`), by: 1 }],
  },
  {
    name: 'an offer for a proposal',
    path: '/api/v1/exchanges/{id}/offer',
    async prepare(world) {
      const { inviter, invitee: connectionId } = await connect(world)
      const body = { connectionId, format: 'w3c', details: details(world) }
      await world.post('/api/v1/exchanges/proposals', body)
      return { path: `/api/v1/exchanges/${await seen(world, inviter, 'PROPOSAL')}/offer`, body: {} }
    },
    counts: [{ sql: rows('exchanges', `role = 'ISSUER' and state = 'OFFER'`), by: 1 }],
  },
  {
    name: 'an accepted offer',
    path: '/api/v1/exchanges/{id}/accept-offer',
    async prepare(world) {
      const { did } = await world.post('/api/v1/dids', { method: 'key' })
      const { inviter: connectionId, invitee } = await connect(world)
      const body = { connectionId, format: 'w3c', details: details(world) }
      await world.post('/api/v1/exchanges/offers', body)
      const path = `/api/v1/exchanges/${await seen(world, invitee, 'OFFER')}/accept-offer`
      return { path, body: { details: { holderDid: did } } }
    },
    counts: [{ sql: rows('exchanges', `role = 'HOLDER' and state = 'REQUEST'`), by: 1 }],
  },
  {
    // last: without a key of the fixtures, as when it dies earlier, this is a minute of computation
    name: 'an ordered credential definition',
    path: '/api/v1/anoncreds/cred-defs',
    async prepare(world) {
      const schemaId = await (await newAnonCredsSchema(world)).schemaId()
      const order = { issuerDid: world.issuerDid, schemaId, tag: randomUUID() }
      const made = rows('anoncreds_definitions', `state = 'made'`)
      return {
        path: `${base}/cred-defs`,
        body: order,
        whileGone: () => world.parties.make(order),
        meanwhile: async () => {
          while ((await world.count(made)) > 0) await delay(50)
        },
      }
    },
    counts: [{ sql: rows('anoncreds_definitions'), by: 1 }],
  },
]

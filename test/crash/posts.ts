import { randomUUID } from 'node:crypto'
import { claims, holderDid, newCredential, newSchema, type Post, rows, terms } from './post.ts'

/** Requests, most of which one call does. */
export const posts: readonly Post[] = [
  {
    name: 'an API key',
    path: '/api/v1/api-keys',
    prepare: async () => ({
      path: '/api/v1/api-keys',
      body: { name: 'a key', scopes: ['credentials:read'], issuerDids: '*' },
    }),
    counts: [{ sql: rows('api_keys'), by: 1 }],
  },
  {
    name: 'an offer',
    path: '/api/v1/credentials/{id}/offers',
    onServer: true,
    prepare: async (world) => ({
      path: `/api/v1/credentials/${encodeURIComponent(await newCredential(world))}/offers`,
      body: {},
    }),
    counts: [{ sql: rows('offers'), by: 1 }],
  },
  {
    name: 'a DID on the ledger',
    path: '/api/v1/dids',
    severalActs: true,
    prepare: async () => ({ path: '/api/v1/dids', body: { keys: ['Ed25519'] } }),
    counts: [{ sql: rows('dids', `state = 'active'`), by: 1 }],
  },
  {
    name: 'a did:key',
    path: '/api/v1/dids',
    prepare: async () => ({ path: '/api/v1/dids', body: { method: 'key' } }),
    counts: [{ sql: rows('dids', `state = 'active'`), by: 1 }],
  },
  {
    name: 'a schema',
    path: '/api/v1/schemas',
    prepare: async (world) => ({ path: '/api/v1/schemas', body: newSchema(world) }),
    counts: [{ sql: rows('schemas', `state = 'registered'`), by: 1 }],
  },
  {
    name: 'the end of a schema',
    path: '/api/v1/schemas/{id}/deactivate',
    async prepare(world) {
      const { schemaId } = await world.post('/api/v1/schemas', newSchema(world))
      return { path: `/api/v1/schemas/${encodeURIComponent(schemaId)}/deactivate`, body: undefined }
    },
    counts: [{ sql: rows('schemas', 'active = 0'), by: 1 }],
  },
  {
    name: 'issuers of a restricted schema',
    path: '/api/v1/schemas/{id}/issuers',
    async prepare(world) {
      const { schemaId } = await world.post('/api/v1/schemas', { ...newSchema(world), restricted: true })
      const path = `/api/v1/schemas/${encodeURIComponent(schemaId)}/issuers`
      return { path, body: { issuerDids: [world.issuerDid] } }
    },
    counts: [],
  },
  {
    name: 'new keys',
    path: '/api/v1/dids/{did}/keys/rotate',
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
    path: '/api/v1/tenants',
    prepare: async () => ({
      path: '/api/v1/tenants',
      body: { tenantId: `t${randomUUID().slice(0, 8)}`, name: 'A tenant' },
    }),
    counts: [{ sql: rows('tenants'), by: 1 }],
  },
  {
    name: 'a webhook',
    path: '/api/v1/webhooks',
    prepare: async () => ({
      path: '/api/v1/webhooks',
      body: { url: 'https://example.org/hooks', types: ['*'] },
    }),
    counts: [{ sql: rows('webhooks'), by: 1 }],
  },
  {
    name: 'another secret of a webhook',
    path: '/api/v1/webhooks/{id}/secret',
    async prepare(world) {
      const hook = { url: 'https://example.org/hooks', types: ['*'] }
      const { id } = await world.post('/api/v1/webhooks', hook)
      return { path: `/api/v1/webhooks/${id}/secret`, body: undefined }
    },
    counts: [{ sql: rows('events', `type = 'webhook.updated'`), by: 1 }],
  },
  {
    name: 'a recall',
    path: '/api/v1/recalls',
    prepare: async ({ issuerDid }) => ({
      path: '/api/v1/recalls',
      body: { verificationMethod: `${issuerDid}#none`, since: '2026-01-01T00:00:00Z', action: 'reissue' },
    }),
    counts: [{ sql: rows('recalls'), by: 1 }],
  },
  {
    name: 'a link secret',
    path: '/api/v1/anoncreds/link-secrets',
    prepare: async () => ({ path: '/api/v1/anoncreds/link-secrets', body: { name: randomUUID() } }),
    counts: [{ sql: rows('link_secrets'), by: 1 }],
  },
  {
    name: 'a presentation request',
    path: '/api/v1/anoncreds/presentation-requests',
    prepare: async () => ({
      path: '/api/v1/anoncreds/presentation-requests',
      body: { name: 'who', requested_attributes: { name: { name: 'name' } } },
    }),
    counts: [{ sql: rows('presentation_requests'), by: 1 }],
  },
  {
    name: 'a credential',
    path: '/api/v1/credentials/issue',
    onServer: true,
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
    path: '/api/v1/credentials/issue/batch',
    onServer: true,
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
    path: '/api/v1/credentials/issue/bulk',
    onServer: true,
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
    path: '/vc-api/credentials/issue',
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
    path: '/api/v1/credentials/revoke',
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
  {
    name: 'a suspension',
    path: '/api/v1/credentials/suspend',
    prepare: async (world) => ({
      path: '/api/v1/credentials/suspend',
      body: { credentialId: await newCredential(world, { suspendable: true }) },
    }),
    counts: [
      { sql: rows('credentials', `status = 'suspended'`), by: 1 },
      { sql: rows('status_changes', `state = 'done'`), by: 1 },
    ],
  },
  {
    name: 'the end of a suspension',
    path: '/api/v1/credentials/reinstate',
    async prepare(world) {
      const body = { credentialId: await newCredential(world, { suspendable: true }) }
      await world.post('/api/v1/credentials/suspend', body)
      return { path: '/api/v1/credentials/reinstate', body }
    },
    counts: [
      { sql: rows('credentials', `status = 'suspended'`), by: -1 },
      { sql: rows('status_changes', `state = 'done'`), by: 1 },
    ],
  },
  {
    name: 'a status of the VC API',
    path: '/vc-api/credentials/status',
    async prepare(world) {
      const credentialStatus = { type: 'BitstringStatusListEntry', statusPurpose: 'revocation' }
      const body = { credentialId: await newCredential(world), credentialStatus, status: true }
      return { path: '/vc-api/credentials/status', body }
    },
    counts: [
      { sql: rows('credentials', `status = 'revoked'`), by: 1 },
      { sql: rows('status_changes', `state = 'done'`), by: 1 },
    ],
  },
  {
    name: 'a context',
    path: '/api/v1/contexts',
    prepare: async ({ issuerDid }) => ({
      path: '/api/v1/contexts',
      body: {
        issuerDid,
        url: `https://example.org/${randomUUID()}`,
        document: { '@context': { gpa: 'https://example.org/terms#gpa' } },
      },
    }),
    counts: [
      { sql: rows('registered_contexts'), by: 1 },
      { sql: rows('events', `type = 'context.registered'`), by: 1 },
    ],
  },
]

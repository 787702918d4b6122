import { z } from 'zod'
import { scopes } from '../../access/caller.ts'
import { problems } from '../problem-document.ts'
import { callerOf } from '../protocol.ts'
import { did, time } from './fields.ts'
import type { Resource } from './resource.ts'

const issuerDids = z
  .union([z.literal('*'), z.array(did).min(1).max(1_000)])
  .describe('The issuer DIDs it may act for; `*` means every issuer.')

const tenantId = z.string().max(64)

const body = z.strictObject({
  name: z.string().min(1).max(200),
  scopes: z.array(z.enum(scopes)).min(1),
  issuerDids,
  tenantId: tenantId.optional().describe('Another tenant than the own one: for whoever runs the node.'),
})

const apiKey = z.object({
  id: z.string(),
  name: z.string(),
  scopes: z.array(z.string()),
  issuerDids,
  tenantId,
  createdAt: time,
})

const created = apiKey.extend({ key: z.string().describe('Shown this once: the node keeps its hash alone.') })

/** `POST /api-keys`, `GET /api-keys`, `GET` and `DELETE /api-keys/{id}`. */
export const apiKeys: Resource = (server, issuer) => {
  server.post(
    '/api-keys',
    {
      config: { access: 'keys:admin' },
      schema: {
        tags: ['API keys'],
        summary: 'Make an API key',
        description: 'A key can give no more than it has itself.',
        body,
        response: {
          201: created,
          ...problems('UNAUTHORIZED', 'FORBIDDEN', 'TENANT_NOT_FOUND', 'QUOTA_EXCEEDED'),
        },
      },
    },
    async (request, reply) => {
      const { name, scopes: wanted, issuerDids: issuers, tenantId: of } = request.body
      const { key, record } = await issuer.apiKeys.create(callerOf(request), {
        name,
        scopes: wanted,
        issuers,
        tenantId: of,
      })
      reply.status(201).header('cache-control', 'no-store')
      return { ...describe(record), key }
    },
  )

  server.get(
    '/api-keys',
    {
      config: { access: 'keys:admin' },
      schema: {
        tags: ['API keys'],
        summary: 'The API keys in use',
        querystring: z.strictObject({ tenantId: tenantId.optional() }),
        response: { 200: z.object({ items: z.array(apiKey) }), ...problems('UNAUTHORIZED', 'FORBIDDEN') },
      },
    },
    async (request) => ({
      items: (await issuer.apiKeys.list(callerOf(request), request.query)).map(describe),
    }),
  )

  const params = z.object({ id: z.string().max(128) })
  server.get(
    '/api-keys/:id',
    {
      config: { access: 'keys:admin' },
      schema: {
        tags: ['API keys'],
        summary: 'An API key',
        params,
        response: { 200: apiKey, ...problems('UNAUTHORIZED', 'FORBIDDEN', 'API_KEY_NOT_FOUND') },
      },
    },
    async (request) => describe(await issuer.apiKeys.require(callerOf(request), request.params.id)),
  )

  server.delete(
    '/api-keys/:id',
    {
      config: { access: 'keys:admin' },
      schema: {
        tags: ['API keys'],
        summary: 'Revoke an API key',
        params,
        response: {
          204: z.undefined().describe('Revoked; it works no more.'),
          ...problems('UNAUTHORIZED', 'FORBIDDEN', 'API_KEY_NOT_FOUND'),
        },
      },
    },
    async (request, reply) => {
      await issuer.apiKeys.revoke(callerOf(request), request.params.id)
      return reply.status(204).send()
    },
  )
}

function describe(record: {
  id: string
  name: string
  scopes: readonly string[]
  issuers: '*' | readonly string[]
  tenantId: string
  createdAt: string
}): z.output<typeof apiKey> {
  const { id, name, createdAt, issuers, tenantId: of } = record
  const issuerDids = issuers === '*' ? ('*' as const) : [...issuers]
  return { id, name, scopes: [...record.scopes], issuerDids, tenantId: of, createdAt }
}

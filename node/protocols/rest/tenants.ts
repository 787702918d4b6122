import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { isOperator } from '../../access/tenants.ts'
import { IssuerError } from '../../errors.ts'
import { problems } from '../problem-document.ts'
import { callerOf } from '../protocol.ts'
import { defined, time } from './fields.ts'
import type { Resource } from './resource.ts'

const tenantId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be lower-case letters, digits and hyphens, at most 63')
const limit = (what: string) =>
  z
    .number()
    .int()
    .min(0)
    .max(2_000_000_000)
    .nullable()
    .optional()
    .describe(`${what}; null: as the node has it.`)
const limits = {
  didQuota: limit('Most DIDs'),
  dailyCredentials: limit('Most credentials in a day of UTC'),
  rateLimit: limit('Requests a minute, of all its API keys together'),
}
const name = z.string().min(1).max(200)
const state = z.enum(['active', 'suspended']).describe('The keys of a suspended tenant are refused.')

const tenant = z.object({
  tenantId: z.string(),
  name,
  state,
  didQuota: z.number().int().nullable(),
  dailyCredentials: z.number().int().nullable(),
  rateLimit: z.number().int().nullable(),
  createdAt: time,
})
const used = tenant.extend({
  dids: z.number().int(),
  credentialsToday: z.number().int().describe('Counted where there is a limit.'),
})

/** @throws FORBIDDEN */
function requireOperator(request: FastifyRequest): void {
  if (isOperator(callerOf(request))) return
  throw new IssuerError('FORBIDDEN', { detail: 'Only whoever runs the node administers tenants.' })
}

/** `POST /tenants`, `GET /tenants`, `GET` and `PATCH /tenants/{id}`: for whoever runs the node. */
export const tenants: Resource = (server, issuer) => {
  const shared = { tags: ['Tenants'] }
  const params = z.object({ id: z.string().max(64) })
  const refused = ['UNAUTHORIZED', 'FORBIDDEN'] as const

  server.post(
    '/tenants',
    {
      config: { access: 'tenants:admin' },
      schema: {
        ...shared,
        summary: 'Make a tenant',
        description:
          'Its DIDs, schemas, credentials and API keys are its own. Make its first key with `POST /api-keys` and `tenantId`.',
        body: z.strictObject({ tenantId, name, ...limits }),
        response: { 201: tenant, ...problems(...refused, 'TENANT_ALREADY_EXISTS') },
      },
    },
    async (request, reply) => {
      requireOperator(request)
      reply.status(201)
      const { tenantId: id, name: called, ...given } = request.body
      return issuer.tenants.create({ tenantId: id, name: called, ...defined(given) })
    },
  )

  server.get(
    '/tenants',
    {
      config: { access: 'tenants:admin' },
      schema: {
        ...shared,
        summary: 'The tenants',
        response: { 200: z.object({ items: z.array(tenant) }), ...problems(...refused) },
      },
    },
    async (request) => {
      requireOperator(request)
      return { items: [...(await issuer.tenants.list())] }
    },
  )

  server.get(
    '/tenants/:id',
    {
      config: { access: 'tenants:admin' },
      schema: {
        ...shared,
        summary: 'A tenant and what it uses',
        params,
        response: { 200: used, ...problems(...refused, 'TENANT_NOT_FOUND') },
      },
    },
    async (request) => {
      requireOperator(request)
      return issuer.tenants.require(request.params.id)
    },
  )

  server.patch(
    '/tenants/:id',
    {
      config: { access: 'tenants:admin' },
      schema: {
        ...shared,
        summary: 'Change a tenant',
        params,
        body: z.strictObject({ name: name.optional(), state: state.optional(), ...limits }),
        response: { 200: used, ...problems(...refused, 'TENANT_NOT_FOUND') },
      },
    },
    async (request) => {
      requireOperator(request)
      return issuer.tenants.update(request.params.id, defined(request.body))
    },
  )
}

import { z } from 'zod'
import { eventTypes } from '../../events/event.ts'
import { problems } from '../problem-document.ts'
import { callerOf } from '../protocol.ts'
import { defined, jsonObject, pageOf, pageQuery, time } from './fields.ts'
import type { Resource } from './resource.ts'

const url = z
  .string()
  .max(2_048)
  .describe('Where events are sent by POST: https and a public host.')
  .meta({ examples: ['https://example.com/webhooks'] })
const types = z
  .array(z.enum(['*', ...eventTypes]))
  .min(1)
  .max(100)
  .describe('Types of events that are sent; `*` means all.')
const description = z.string().max(500)

const webhook = z.object({
  id: z.string(),
  url: z.string(),
  description: z.string().nullable(),
  types: z.array(z.string()),
  state: z.enum(['enabled', 'disabled']),
  disabledReason: z
    .string()
    .nullable()
    .describe('`by request`, `gone` (it answered 410) or `failing` (for days).'),
  failingSince: z.string().nullable(),
  createdAt: time,
})
const secret = z.string().describe('Signs what is sent (Standard Webhooks). Shown this once.')

const delivery = z.object({
  id: z.string().describe('The header `webhook-id`: the same at every attempt.'),
  type: z.string(),
  state: z.enum(['pending', 'delivered', 'dead']).describe('`dead`: given up, until it is replayed.'),
  attempts: z.number().int(),
  status: z.number().int().nullable().describe('HTTP status of the last answer.'),
  error: z.string().nullable(),
  payload: jsonObject,
  createdAt: time,
  updatedAt: time,
})

const tags = ['Webhooks']
const config = { access: 'webhooks:write' } as const
const params = z.object({ id: z.string().max(64) })
const deliveryParams = params.extend({ deliveryId: z.string().max(64) })
const errors = problems('UNAUTHORIZED', 'FORBIDDEN', 'WEBHOOK_NOT_FOUND')

/** `/webhooks`: addresses that are told of events, and what they were told. */
export const webhooks: Resource = (server, issuer) => {
  const whichOf = (request: Parameters<typeof callerOf>[0], id: string) => ({
    tenantId: callerOf(request).tenantId,
    id,
  })

  server.post(
    '/webhooks',
    {
      config,
      schema: {
        tags,
        summary: 'Have events sent to an address',
        description: 'Signed after the Standard Webhooks specification; docs/webhooks.md says how.',
        body: z.strictObject({ url, types, description: description.optional() }),
        response: {
          201: webhook.extend({ secret }),
          ...problems('UNAUTHORIZED', 'FORBIDDEN', 'QUOTA_EXCEEDED'),
        },
      },
    },
    async (request, reply) => {
      const made = await issuer.webhooks.create({
        tenantId: callerOf(request).tenantId,
        ...defined(request.body),
      })
      reply.status(201).header('cache-control', 'no-store')
      return { ...made.webhook, secret: made.secret }
    },
  )

  server.get(
    '/webhooks',
    {
      config,
      schema: {
        tags,
        summary: 'The addresses that events are sent to',
        response: { 200: z.object({ items: z.array(webhook) }), ...problems('UNAUTHORIZED', 'FORBIDDEN') },
      },
    },
    async (request) => ({ items: await issuer.webhooks.list(callerOf(request).tenantId) }),
  )

  server.get(
    '/webhooks/:id',
    { config, schema: { tags, summary: 'One of them', params, response: { 200: webhook, ...errors } } },
    async (request) => issuer.webhooks.get(whichOf(request, request.params.id)),
  )

  server.patch(
    '/webhooks/:id',
    {
      config,
      schema: {
        tags,
        summary: 'Change one, disable it, or enable it again',
        params,
        body: z.strictObject({
          url: url.optional(),
          types: types.optional(),
          description: description.nullable().optional(),
          enabled: z.boolean().optional(),
        }),
        response: { 200: webhook, ...errors },
      },
    },
    async (request) => issuer.webhooks.update(whichOf(request, request.params.id), request.body),
  )

  server.delete(
    '/webhooks/:id',
    {
      config,
      schema: { tags, summary: 'Send it nothing more', params, response: { 204: z.null(), ...errors } },
    },
    async (request, reply) => {
      await issuer.webhooks.remove(whichOf(request, request.params.id))
      reply.status(204)
      return null
    },
  )

  server.post(
    '/webhooks/:id/secret',
    {
      config,
      schema: {
        tags,
        summary: 'Replace the secret',
        description: 'For a day what is sent bears signatures by both, the old one and the new one.',
        params,
        response: { 201: z.object({ secret, previousUntil: time }), ...errors },
      },
    },
    async (request, reply) => {
      reply.status(201).header('cache-control', 'no-store')
      return issuer.webhooks.rotateSecret(whichOf(request, request.params.id))
    },
  )

  server.post(
    '/webhooks/:id/test',
    { config, schema: { tags, summary: 'Send a test', params, response: { 202: delivery, ...errors } } },
    async (request, reply) => {
      reply.status(202)
      return issuer.webhooks.test(whichOf(request, request.params.id))
    },
  )

  server.get(
    '/webhooks/:id/deliveries',
    {
      config,
      schema: {
        tags,
        summary: 'What was sent, or is to be sent, newest first',
        params,
        querystring: z.object({ ...pageQuery, state: z.enum(['pending', 'delivered', 'dead']).optional() }),
        response: { 200: pageOf(delivery), ...errors },
      },
    },
    async (request) => issuer.webhooks.deliveries(whichOf(request, request.params.id), request.query),
  )

  server.post(
    '/webhooks/:id/deliveries/:deliveryId/replay',
    {
      config,
      schema: {
        tags,
        summary: 'Send it again, under the same id',
        params: deliveryParams,
        response: {
          202: delivery,
          ...problems('UNAUTHORIZED', 'FORBIDDEN', 'WEBHOOK_NOT_FOUND', 'DELIVERY_NOT_FOUND'),
        },
      },
    },
    async (request, reply) => {
      reply.status(202)
      return issuer.webhooks.replay(whichOf(request, request.params.id), request.params.deliveryId)
    },
  )
}

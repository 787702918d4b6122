import { z } from 'zod'
import { IssuerError } from '../../errors.ts'
import { connectionStates } from '../../exchange/connections/connection.ts'
import { invitationSchema } from '../../exchange/connections/connection-message.ts'
import { problems } from '../problem-document.ts'
import { callerOf } from '../protocol.ts'
import { defined, jsonObject, pageOf, pageQuery, time } from './fields.ts'
import type { Resource } from './resource.ts'

const day = 86_400
const id = z.string().max(64)
const label = z.string().min(1).max(256)
const params = z.object({ id })

const names = {
  alias: label.optional().describe('What the connection is called here; the other side never sees it.'),
  label: label.optional().describe('What the other side is told of this one.'),
}

const connection = z.object({
  id,
  role: z.enum(['INVITER', 'INVITEE']),
  state: z.enum(connectionStates),
  alias: z.string().nullable(),
  label: z.string().nullable(),
  theirLabel: z.string().nullable(),
  endpoint: z.string().nullable().describe('Inbox of the other side.'),
  createdAt: time,
  updatedAt: time,
  expiresAt: time.nullable().describe('When it is abandoned unless it is done before.'),
})

const invitationBody = z.strictObject({
  ...names,
  expiresInSeconds: z
    .number()
    .int()
    .min(1)
    .max(30 * day)
    .default(day),
})

/** Connections to other nodes: `/connections`. */
export const connections: Resource = (server, issuer) => {
  server.post(
    '/connections/invitations',
    {
      config: { access: 'connections:write' },
      schema: {
        tags: ['Connections'],
        summary: 'Invite another node',
        description:
          'Makes an invitation that works once. Whoever has it is connected: send it by a way you trust.',
        body: invitationBody.nullish().transform((body) => body ?? invitationBody.parse({})),
        response: {
          201: z.object({ connection, invitation: invitationSchema }),
          ...problems('UNAUTHORIZED', 'FORBIDDEN', 'QUOTA_EXCEEDED'),
        },
      },
    },
    async (request, reply) => {
      const { tenantId } = callerOf(request)
      reply.status(201).header('cache-control', 'no-store')
      return issuer.connections.invite({ tenantId, ...defined(request.body) })
    },
  )

  server.post(
    '/connections/accept',
    {
      config: { access: 'connections:write' },
      schema: {
        tags: ['Connections'],
        summary: 'Accept an invitation',
        description: 'Asks the node that invites for a connection; it is DONE when that has answered.',
        body: z.strictObject({ ...names, invitation: invitationSchema }),
        response: {
          202: connection,
          ...problems('UNAUTHORIZED', 'FORBIDDEN', 'MESSAGE_REFUSED', 'QUOTA_EXCEEDED'),
        },
      },
    },
    async (request, reply) => {
      const { tenantId } = callerOf(request)
      reply.status(202)
      return issuer.connections.accept({ tenantId, ...defined(request.body) })
    },
  )

  mountReading(server, issuer)
  mountInbox(server, issuer)
}

const mountReading = (server: Parameters<Resource>[0], issuer: Parameters<Resource>[1]): void => {
  server.get(
    '/connections',
    {
      config: { access: 'connections:read' },
      schema: {
        tags: ['Connections'],
        summary: 'List connections',
        querystring: z.strictObject({
          ...pageQuery,
          state: z
            .union([z.enum(connectionStates), z.array(z.enum(connectionStates)).max(8)])
            .optional()
            .describe('One, or several by repeating it.'),
        }),
        response: { 200: pageOf(connection), ...problems('UNAUTHORIZED', 'FORBIDDEN') },
      },
    },
    async (request) => {
      const { state, ...page } = request.query
      const { tenantId } = callerOf(request)
      const states = state === undefined ? undefined : [state].flat()
      return issuer.connections.list({ tenantId, ...page, states })
    },
  )

  server.get(
    '/connections/:id',
    {
      config: { access: 'connections:read' },
      schema: {
        tags: ['Connections'],
        summary: 'Look at a connection',
        params,
        response: { 200: connection, ...problems('UNAUTHORIZED', 'FORBIDDEN', 'CONNECTION_NOT_FOUND') },
      },
    },
    async (request) => {
      const { tenantId } = callerOf(request)
      return issuer.connections.get({ tenantId, connectionId: request.params.id })
    },
  )

  server.delete(
    '/connections/:id',
    {
      config: { access: 'connections:write' },
      schema: {
        tags: ['Connections'],
        summary: 'Abandon a connection',
        description: 'The other side is told; exchanges that are not at their end are abandoned.',
        params,
        response: {
          204: z.null().describe('Abandoned.'),
          ...problems('UNAUTHORIZED', 'FORBIDDEN', 'CONNECTION_NOT_FOUND'),
        },
      },
    },
    async (request, reply) => {
      const { tenantId } = callerOf(request)
      await issuer.connections.delete({ tenantId, connectionId: request.params.id })
      reply.status(204)
      return null
    },
  )
}

/** The inbox has no API keys: the token of the connection opens it, and nothing else. */
const mountInbox = (server: Parameters<Resource>[0], issuer: Parameters<Resource>[1]): void => {
  server.post(
    '/connections/:id/messages',
    {
      config: { access: 'public' },
      bodyLimit: 262_144,
      schema: {
        tags: ['Connections'],
        summary: 'Inbox of a connection',
        description:
          'For the other side alone, with the token that it was given: `Authorization: Bearer …`. A message that comes twice is taken once.',
        params,
        body: jsonObject,
        response: {
          202: z.object({ status: z.literal('taken') }),
          ...problems(
            'CONNECTION_NOT_FOUND',
            'CONNECTION_STATE',
            'EXCHANGE_STATE',
            'EXCHANGE_FORMAT_UNSUPPORTED',
            'EXCHANGE_LIMIT',
            'MESSAGE_REFUSED',
            'MESSAGE_TOO_EARLY',
            'PAYLOAD_TOO_LARGE',
          ),
        },
      },
    },
    async (request, reply) => {
      const token = /^Bearer +([A-Za-z0-9_-]{43,128})$/i.exec(request.headers.authorization ?? '')?.[1]
      if (token === undefined) throw new IssuerError('CONNECTION_NOT_FOUND')
      await issuer.connections.take({ connectionId: request.params.id, token, json: request.body })
      reply.status(202)
      return { status: 'taken' as const }
    },
  )
}

import { z } from 'zod'
import { roles, states } from '../../exchange/machine.ts'
import { problems } from '../problem-document.ts'
import { callerOf } from '../protocol.ts'
import { always, asker, exchange, id, issuing, params, start, starting } from './exchange-fields.ts'
import { exchangeSteps } from './exchange-steps.ts'
import { defined, pageOf, pageQuery } from './fields.ts'
import { receivedCredentials } from './received-credentials.ts'
import type { Resource } from './resource.ts'

/** Credentials issued in steps: `/exchanges`. */
export const exchanges: Resource = (server, issuer, limits) => {
  mountStarts(server, issuer, limits)
  exchangeSteps(server, issuer, limits)
  mountReading(server, issuer, limits)
  receivedCredentials(server, issuer, limits)
}

const mountStarts: Resource = (server, issuer) => {
  server.post(
    '/exchanges/proposals',
    {
      config: { access: 'exchanges:write' },
      schema: {
        tags: ['Exchanges'],
        summary: 'Propose a credential',
        description: 'As the holder: asks the other side to offer one.',
        body: z.strictObject(start),
        response: { 201: exchange, ...problems(...starting) },
      },
    },
    async (request, reply) => {
      const { tenantId } = callerOf(request)
      reply.status(201)
      return issuer.exchanges.propose({ tenantId, ...defined(request.body) })
    },
  )

  server.post(
    '/exchanges/offers',
    {
      config: { access: 'credentials:issue' },
      schema: {
        tags: ['Exchanges'],
        summary: 'Offer a credential',
        description: 'As the issuer. Everything that can be known without the holder is checked now.',
        body: z.strictObject({
          ...start,
          autoAcceptRequest: z.boolean().default(false).describe('Issues as soon as the holder requests.'),
        }),
        response: { 201: exchange, ...problems(...starting, ...issuing) },
      },
    },
    async (request, reply) => {
      reply.status(201)
      return issuer.exchanges.offer({ ...asker(callerOf(request)), ...defined(request.body) })
    },
  )
}

const oneOrMore = <T extends z.ZodType>(one: T) =>
  z
    .union([one, z.array(one).max(16)])
    .optional()
    .describe('One, or several by repeating it.')

const listOf = <T>(value: T | readonly T[] | undefined): T[] | undefined =>
  value === undefined ? undefined : ([value].flat() as T[])

const mountReading: Resource = (server, issuer) => {
  server.get(
    '/exchanges',
    {
      config: { access: 'exchanges:read' },
      schema: {
        tags: ['Exchanges'],
        summary: 'List exchanges',
        querystring: z.strictObject({
          ...pageQuery,
          role: z.enum(roles).optional(),
          state: oneOrMore(z.enum(states)),
          connectionId: oneOrMore(id),
        }),
        response: { 200: pageOf(exchange), ...problems(...always) },
      },
    },
    async (request) => {
      const { state, connectionId, ...question } = request.query
      return issuer.exchanges.list({
        ...{ ...asker(callerOf(request)), ...question },
        states: listOf(state),
        connectionIds: listOf(connectionId),
      })
    },
  )

  server.get(
    '/exchanges/:id',
    {
      config: { access: 'exchanges:read' },
      schema: {
        tags: ['Exchanges'],
        summary: 'Look at an exchange',
        params,
        response: { 200: exchange, ...problems(...always, 'EXCHANGE_NOT_FOUND') },
      },
    },
    async (request) => issuer.exchanges.get({ ...asker(callerOf(request)), exchangeId: request.params.id }),
  )
}

import { z } from 'zod'
import { type Caller, limitedTo, requireIssuer } from '../../access/caller.ts'
import type { ErrorCode } from '../../errors.ts'
import { roles, states } from '../../exchange/machine.ts'
import { problems } from '../problem-document.ts'
import { callerOf } from '../protocol.ts'
import { credentialId, defined, did, jsonObject, pageOf, pageQuery, secured, time } from './fields.ts'
import type { Resource } from './resource.ts'

type Mount = (...parts: Parameters<Resource>) => void

const id = z.string().max(64)
const params = z.object({ id })
const comment = z.string().min(1).max(2_000).optional()

const attribute = z.object({ name: z.string(), value: z.string() })
const spoken = z.object({
  content: jsonObject,
  preview: z.array(attribute).readonly().optional(),
  comment: z.string().optional(),
})
const exchange = z.object({
  id,
  role: z.enum(roles).describe('Which side this node is; it never changes.'),
  state: z.enum(states),
  connectionId: z.string(),
  threadId: z.string().describe('The same on both sides.'),
  format: z.string(),
  issuerDid: z.string().nullable(),
  autoAcceptRequest: z.boolean(),
  credentialId: z
    .string()
    .nullable()
    .describe('What was issued, where the node has a record of it; or stored, as a holder.'),
  messages: z
    .object({
      proposal: spoken.optional(),
      offer: spoken.optional(),
      request: spoken.optional(),
      issued: spoken.optional(),
      problem: z
        .object({ code: z.string(), comment: z.string().optional(), by: z.enum(['us', 'them']) })
        .optional()
        .describe('Why it was abandoned, and by whom.'),
    })
    .describe('What both sides have said.'),
  createdAt: time,
  updatedAt: time,
  expiresAt: time.nullable(),
})

const format = z
  .string()
  .min(1)
  .max(64)
  .meta({ examples: ['w3c', 'anoncreds'] })
const details = jsonObject.describe('What the format calls for: see docs/exchanges.md.')
const expiresInSeconds = z
  .number()
  .int()
  .min(1)
  .max(30 * 86_400)
  .optional()
  .describe('When it is abandoned unless it is done; 7 days unless told.')

const start = { connectionId: id, format, details, comment, expiresInSeconds }
const emptyOr = <T extends z.ZodType>(schema: T) =>
  schema.nullish().transform((body) => body ?? schema.parse({}))

const always: readonly ErrorCode[] = ['UNAUTHORIZED', 'FORBIDDEN']
const starting: readonly ErrorCode[] = [
  ...always,
  'CONNECTION_NOT_FOUND',
  'CONNECTION_STATE',
  'EXCHANGE_FORMAT_UNSUPPORTED',
  'EXCHANGE_LIMIT',
]
const moving: readonly ErrorCode[] = [
  ...always,
  'EXCHANGE_NOT_FOUND',
  'EXCHANGE_STATE',
  'CONNECTION_STATE',
  'CHAIN_UNREACHABLE',
]
const issuing: readonly ErrorCode[] = [
  'ISSUER_NOT_FOUND',
  'ISSUER_DEACTIVATED',
  'ASSERTION_KEY_MISSING',
  'SCHEMA_NOT_FOUND',
  'SCHEMA_DEACTIVATED',
  'SCHEMA_VALIDATION_FAILED',
  'PROOF_TYPE_UNSUPPORTED',
  'DATA_MODEL_UNSUPPORTED',
  'EXPIRATION_INVALID',
  'HOLDER_NOT_FOUND',
]

const asker = (caller: Caller) => ({ tenantId: caller.tenantId, issuers: limitedTo(caller) })

/** Credentials issued in steps: `/exchanges`. */
export const exchanges: Resource = (server, issuer, limits) => {
  mountStarts(server, issuer, limits)
  mountIssuerSteps(server, issuer, limits)
  mountHolderSteps(server, issuer, limits)
  mountReading(server, issuer, limits)
  mountReceived(server, issuer, limits)
}

const mountStarts: Mount = (server, issuer) => {
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

const mountIssuerSteps: Mount = (server, issuer) => {
  server.post(
    '/exchanges/:id/offer',
    {
      config: { access: 'credentials:issue' },
      schema: {
        tags: ['Exchanges'],
        summary: 'Answer a proposal with an offer',
        description: 'As the issuer, in the state PROPOSAL.',
        params,
        body: emptyOr(
          z.strictObject({
            details: details.optional().describe('What is offered; what was proposed unless told.'),
            comment,
            autoAcceptRequest: z.boolean().default(false),
            expiresInSeconds,
          }),
        ),
        response: { 200: exchange, ...problems(...moving, ...issuing) },
      },
    },
    async (request) =>
      issuer.exchanges.answerProposal({
        ...{ ...asker(callerOf(request)), exchangeId: request.params.id },
        ...defined(request.body),
      }),
  )

  server.post(
    '/exchanges/:id/accept-request',
    {
      config: { access: 'credentials:issue' },
      schema: {
        tags: ['Exchanges'],
        summary: 'Accept a request',
        description: 'As the issuer, in the state REQUEST: issues what was offered, once.',
        params,
        body: emptyOr(z.strictObject({ comment })),
        response: {
          200: exchange,
          ...problems(...moving, ...issuing, 'HOLDER_NOT_PROVEN', 'ANONCREDS_PROOF_INVALID'),
        },
      },
    },
    async (request) =>
      issuer.exchanges.acceptRequest({
        ...{ ...asker(callerOf(request)), exchangeId: request.params.id },
        ...defined(request.body),
      }),
  )
}

const mountHolderSteps: Mount = (server, issuer) => {
  server.post(
    '/exchanges/:id/accept-offer',
    {
      config: { access: 'exchanges:write' },
      schema: {
        tags: ['Exchanges'],
        summary: 'Accept an offer',
        description:
          'As the holder, in the state OFFER: requests the credential. It is stored when it comes.',
        params,
        body: emptyOr(z.strictObject({ details: details.default({}), comment })),
        response: {
          200: exchange,
          ...problems(...moving, 'DID_NOT_FOUND', 'AUTHENTICATION_KEY_MISSING', 'ANONCREDS_PROOF_INVALID'),
        },
      },
    },
    async (request) => {
      const caller = callerOf(request)
      return issuer.exchanges.acceptOffer({
        ...{ ...asker(caller), exchangeId: request.params.id },
        actsFor: (holderDid) => requireIssuer(caller, holderDid),
        ...defined(request.body),
      })
    },
  )

  server.delete(
    '/exchanges/:id',
    {
      config: { access: 'exchanges:write' },
      schema: {
        tags: ['Exchanges'],
        summary: 'Delete an exchange',
        description:
          'One that is not at its end is abandoned, and the other side is told. One that is forgets what was said; a credential that was stored stays.',
        params,
        response: {
          200: z.object({ outcome: z.enum(['abandoned', 'removed']) }),
          ...problems(...always, 'EXCHANGE_NOT_FOUND', 'EXCHANGE_STATE'),
        },
      },
    },
    async (request) => ({
      outcome: await issuer.exchanges.delete({ ...asker(callerOf(request)), exchangeId: request.params.id }),
    }),
  )
}

const oneOrMore = <T extends z.ZodType>(one: T) =>
  z
    .union([one, z.array(one).max(16)])
    .optional()
    .describe('One, or several by repeating it.')

const listOf = <T>(value: T | readonly T[] | undefined): T[] | undefined =>
  value === undefined ? undefined : ([value].flat() as T[])

const mountReading: Mount = (server, issuer) => {
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

const received = z.object({
  credentialId,
  holderDid: did,
  issuerDid: did,
  connectionId: z.string(),
  credential: secured,
  receivedAt: time,
})

const mountReceived: Mount = (server, issuer) => {
  server.get(
    '/received-credentials',
    {
      config: { access: 'exchanges:read' },
      schema: {
        tags: ['Exchanges'],
        summary: 'List received credentials',
        description: 'W3C credentials that came by exchanges, as a holder.',
        querystring: z.strictObject(pageQuery),
        response: { 200: pageOf(received), ...problems(...always) },
      },
    },
    async (request) => {
      const { tenantId } = callerOf(request)
      return issuer.exchanges.receivedCredentials({ tenantId, ...request.query })
    },
  )

  server.get(
    '/received-credentials/:id',
    {
      config: { access: 'exchanges:read' },
      schema: {
        tags: ['Exchanges'],
        summary: 'Look at a received credential',
        params: z.object({ id: credentialId }),
        response: { 200: received, ...problems(...always, 'CREDENTIAL_NOT_FOUND') },
      },
    },
    async (request) => {
      const { tenantId } = callerOf(request)
      return issuer.exchanges.receivedCredential({ tenantId, credentialId: request.params.id })
    },
  )
}

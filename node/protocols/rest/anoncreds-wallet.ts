import { z } from 'zod'
import { IssuerError } from '../../errors.ts'
import { problems } from '../problem-document.ts'
import { callerOf } from '../protocol.ts'
import { id, jsonObject, pageOf, pageQuery, time } from './fields.ts'
import type { Resource } from './resource.ts'

const name = z.string().min(1).max(128)
const referent = z.string().min(1).max(256)
const linkSecret = z.object({ name, createdAt: time })

const held = z.object({
  credentialId: z.string(),
  schemaId: z.string(),
  credDefId: z.string(),
  issuerId: z.string(),
  linkSecretName: z.string(),
  values: z.record(z.string(), z.string()).describe('Raw values by attribute name.'),
  storedAt: time,
})

const params = z.object({ id: id.describe('The id, percent-encoded.') })

const tags = ['AnonCreds wallet']
const access = 'wallet:use'

/** What the node holds: `/anoncreds/link-secrets`, `/anoncreds/credentials`, and `POST /anoncreds/presentations`. */
export const anonCredsWallet: Resource = (server, issuer, limits) => {
  linkSecrets(server, issuer, limits)
  credentials(server, issuer, limits)
  presentations(server, issuer, limits)
}

const linkSecrets: Resource = (server, { wallet }) => {
  server.post(
    '/anoncreds/link-secrets',
    {
      config: { access },
      schema: {
        tags,
        summary: 'Make a link secret',
        description:
          'It binds all credentials of one holder, and nobody is ever shown it. `default` is made with the first credential request.',
        body: z.strictObject({ name }),
        response: {
          201: z.object({ name }),
          ...problems('UNAUTHORIZED', 'FORBIDDEN', 'QUOTA_EXCEEDED'),
        },
      },
    },
    async (request, reply) => {
      const { tenantId } = callerOf(request)
      if (!(await wallet.makeLinkSecret({ tenantId, name: request.body.name })))
        throw new IssuerError('MALFORMED_REQUEST', {
          violations: [{ pointer: '/name', message: 'is the name of another link secret' }],
        })
      reply.status(201)
      return { name: request.body.name }
    },
  )
  server.get(
    '/anoncreds/link-secrets',
    {
      config: { access },
      schema: {
        tags,
        summary: 'The names of your link secrets',
        response: { 200: z.object({ items: z.array(linkSecret) }), ...problems('UNAUTHORIZED', 'FORBIDDEN') },
      },
    },
    async (request) => ({ items: await wallet.listLinkSecrets(callerOf(request).tenantId) }),
  )
}

const credentials: Resource = (server, { wallet }) => {
  server.get(
    '/anoncreds/credentials',
    {
      config: { access },
      schema: {
        tags,
        summary: 'The credentials that you hold, newest first',
        querystring: z.strictObject({ ...pageQuery, schemaId: id.optional(), credDefId: id.optional() }),
        response: { 200: pageOf(held), ...problems('UNAUTHORIZED', 'FORBIDDEN') },
      },
    },
    async (request) => wallet.listCredentials({ ...request.query, tenantId: callerOf(request).tenantId }),
  )
  server.get(
    '/anoncreds/credentials/:id',
    {
      config: { access },
      schema: {
        tags,
        summary: 'A credential that you hold',
        params,
        response: { 200: held, ...problems('UNAUTHORIZED', 'FORBIDDEN', 'CREDENTIAL_NOT_FOUND') },
      },
    },
    async (request) =>
      wallet.credential({ credentialId: request.params.id, tenantId: callerOf(request).tenantId }),
  )
  server.delete(
    '/anoncreds/credentials/:id',
    {
      config: { access },
      schema: {
        tags,
        summary: 'Forget a credential, for ever',
        params,
        response: { 204: z.null(), ...problems('UNAUTHORIZED', 'FORBIDDEN', 'CREDENTIAL_NOT_FOUND') },
      },
    },
    async (request, reply) => {
      await wallet.deleteCredential({
        credentialId: request.params.id,
        tenantId: callerOf(request).tenantId,
      })
      reply.status(204)
      return null
    },
  )
}

const choice = z.strictObject({
  credentialId: id,
  attributes: z
    .record(referent, z.strictObject({ revealed: z.boolean() }))
    .default({})
    .describe('Referents of `requested_attributes` that it answers, and whether the value is shown.'),
  predicates: z.array(referent).max(64).default([]).describe('Referents of `requested_predicates`.'),
})

const presentBody = z.strictObject({
  presentationRequest: jsonObject.describe('As the verifier sent it.'),
  credentials: z
    .array(choice)
    .max(16)
    .optional()
    .describe('Which credentials answer what; chosen from the newest 200 when left out.'),
  selfAttested: z
    .record(referent, z.string().max(65_536))
    .default({})
    .describe('Values that no issuer vouches for, by referent; only where the request has no restrictions.'),
  unrevealed: z
    .array(referent)
    .max(64)
    .default([])
    .describe('Referents whose values are not to be shown, where credentials are chosen here.'),
  linkSecretName: name.optional(),
})

const presentations: Resource = (server, { wallet }) => {
  server.post(
    '/anoncreds/presentations',
    {
      config: { access },
      schema: {
        tags,
        summary: 'Answer a presentation request with credentials that you hold',
        description:
          'Reveals what is asked for and nothing else; predicates are proven without their values.',
        body: presentBody,
        response: {
          201: z.object({ presentation: jsonObject }),
          ...problems(
            'UNAUTHORIZED',
            'FORBIDDEN',
            'CREDENTIAL_NOT_FOUND',
            'PRESENTATION_NOT_POSSIBLE',
            'NODE_BUSY',
            'CHAIN_UNREACHABLE',
            'KEY_STORE_UNAVAILABLE',
          ),
        },
      },
    },
    async (request, reply) => {
      const { tenantId } = callerOf(request)
      const presentation = await wallet.present({ ...request.body, tenantId })
      reply.status(201)
      return { presentation }
    },
  )
}

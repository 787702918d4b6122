import { z } from 'zod'
import { limitedTo, requireIssuer, requireScope } from '../../access/caller.ts'
import { problems } from '../problem-document.ts'
import { callerOf } from '../protocol.ts'
import { credentialId, pageOf, pageQuery, time } from './fields.ts'
import type { Resource } from './resource.ts'

const verificationMethod = z
  .string()
  .max(2_200)
  .regex(/^did:[^#\s]+#\S+$/, 'must be the DID URL of a key: did:…#…')

const body = z.strictObject({
  verificationMethod,
  since: z.iso.datetime({ offset: true }).describe('Credentials issued from then on are recalled.'),
  action: z
    .enum(['revoke', 'reissue'])
    .describe('`reissue`: each is issued anew with the present key of the issuer, then revoked.'),
  reason: z.string().min(1).max(1_000).optional(),
})

const recall = z.object({
  recallId: z.string(),
  issuerDid: z.string(),
  verificationMethod: z.string(),
  since: time,
  action: z.enum(['revoke', 'reissue']),
  reason: z.string().nullable(),
  state: z.enum(['running', 'done', 'failed']),
  total: z.number().int().describe('Credentials that it concerned when it was ordered.'),
  done: z.number().int(),
  failed: z.number().int(),
  problem: z.string().nullable().describe('Code of the error that ended it.'),
  createdAt: time,
  finishedAt: time.nullable(),
})

const recalled = z.object({
  credentialId,
  outcome: z.enum(['revoked', 'reissued', 'failed']),
  newCredentialId: z.string().nullable().describe('The credential that takes its place.'),
  problem: z
    .string()
    .nullable()
    .describe('Code of the error that kept it from being issued anew or revoked.'),
})

const tags = ['Recalls']
const params = z.object({ id: z.string().max(64) })

/** `POST /recalls`, `GET /recalls`, `GET /recalls/{id}`, `GET /recalls/{id}/credentials`. */
export const recalls: Resource = (server, issuer) => {
  server.post(
    '/recalls',
    {
      config: { access: 'credentials:revoke' },
      schema: {
        tags,
        summary: 'Recall what a key has signed since a time',
        description:
          'Revokes, or issues anew and revokes, every credential that the key has signed since then. A job does it; `GET /recalls/{id}` tells how far it is. Replace the key first: `POST /dids/{did}/keys/rotate` with the reason `compromise`.',
        body,
        response: {
          202: recall,
          ...problems('UNAUTHORIZED', 'FORBIDDEN', 'DID_NOT_FOUND', 'KEY_STILL_ACTIVE'),
        },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request)
      const { since, action } = request.body
      requireIssuer(caller, request.body.verificationMethod.split('#', 1)[0] as string)
      if (action === 'reissue') requireScope(caller, 'credentials:issue')
      reply.status(202)
      return issuer.recalls.order({ ...request.body, since: new Date(since) })
    },
  )

  server.get(
    '/recalls',
    {
      config: { access: 'credentials:read' },
      schema: {
        tags,
        summary: 'Recalls, newest first',
        querystring: z.strictObject(pageQuery),
        response: { 200: pageOf(recall), ...problems('UNAUTHORIZED', 'FORBIDDEN') },
      },
    },
    async (request) => issuer.recalls.list({ ...request.query, issuers: limitedTo(callerOf(request)) }),
  )

  server.get(
    '/recalls/:id',
    {
      config: { access: 'credentials:read' },
      schema: {
        tags,
        summary: 'A recall and how far it is',
        params,
        response: { 200: recall, ...problems('UNAUTHORIZED', 'FORBIDDEN', 'RECALL_NOT_FOUND') },
      },
    },
    async (request) =>
      issuer.recalls.require({ recallId: request.params.id, issuers: limitedTo(callerOf(request)) }),
  )

  server.get(
    '/recalls/:id/credentials',
    {
      config: { access: 'credentials:read' },
      schema: {
        tags,
        summary: 'What became of each credential of a recall',
        params,
        querystring: z.strictObject(pageQuery),
        response: { 200: pageOf(recalled), ...problems('UNAUTHORIZED', 'FORBIDDEN', 'RECALL_NOT_FOUND') },
      },
    },
    async (request) => {
      const issuers = limitedTo(callerOf(request))
      return issuer.recalls.credentials({ ...request.query, recallId: request.params.id, issuers })
    },
  )
}

import { z } from 'zod'
import { requireIssuer } from '../../access/caller.ts'
import { problems } from '../problem-document.ts'
import { callerOf } from '../protocol.ts'
import { did, jsonObject } from './fields.ts'
import type { Resource } from './resource.ts'

const registerBody = z.strictObject({
  issuerDid: did.describe('Its credentials alone are read by it.'),
  url: z.string().max(2_048).describe('What documents name; it need not lead anywhere.'),
  document: jsonObject.describe('`{"@context": …}`, which names no other context by its URL.').meta({
    examples: [{ '@context': { gpa: 'https://issuer.example/terms#gpa' } }],
  }),
})

const registered = z.object({
  url: z.string(),
  digestSRI: z.string().describe('SHA-256 of the JCS bytes (RFC 8785).'),
  published: z.string().describe('Where this node serves the same bytes, under their digest.'),
})

/** `POST /contexts` and `GET /contexts/{digest}.jsonld`. */
export const contexts: Resource = (server, issuer) => {
  server.post(
    '/contexts',
    {
      config: { access: 'schemas:write' },
      schema: {
        operationId: 'registerContext',
        tags: ['Schemas'],
        summary: 'Register a JSON-LD context of an issuer, pinned by its digest',
        description:
          'The URL stands for these bytes for ever, in the credentials of this issuer alone. The same call again changes nothing.',
        body: registerBody,
        response: {
          201: registered,
          ...problems(
            'UNAUTHORIZED',
            'FORBIDDEN',
            'DID_NOT_FOUND',
            'ISSUER_DEACTIVATED',
            'CONTEXT_ALREADY_EXISTS',
            'QUOTA_EXCEEDED',
          ),
        },
      },
    },
    async (request, reply) => {
      requireIssuer(callerOf(request), request.body.issuerDid)
      reply.status(201)
      return issuer.registerContext(request.body)
    },
  )

  server.get(
    '/contexts/:file',
    {
      config: { access: 'public' },
      schema: {
        tags: ['Schemas'],
        summary: 'A JSON-LD context, by its digest',
        description: 'Content-addressed: `<SHA-256 in hex>.jsonld`; never changes.',
        params: z.object({
          file: z.string().regex(/^[0-9a-f]{64}\.jsonld$/, 'must be <SHA-256 in hex>.jsonld'),
        }),
        response: { 200: jsonObject, ...problems('NOT_FOUND') },
      },
    },
    async (request, reply) => {
      const document = await issuer.context(request.params.file.slice(0, 64))
      return reply
        .header('cache-control', 'public, max-age=31536000, immutable')
        .type('application/ld+json')
        .serializer((payload: string) => payload)
        .send(document as never)
    },
  )
}

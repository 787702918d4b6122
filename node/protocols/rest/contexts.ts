import { z } from 'zod'
import { problems } from '../problem-document.ts'
import { jsonObject } from './fields.ts'
import type { Resource } from './resource.ts'

/** `GET /contexts/{digest}.jsonld`. */
export const contexts: Resource = (server, issuer) => {
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

import { z } from 'zod'
import { problems } from '../problem-document.ts'
import { id, secured } from './fields.ts'
import type { Resource } from './resource.ts'

/** `GET /status-lists/{id}`. */
export const statusLists: Resource = (server, issuer) => {
  server.get(
    '/status-lists/:id',
    {
      config: { access: 'public' },
      schema: {
        tags: ['Status'],
        summary: 'A status list as a signed credential',
        description:
          'A BitstringStatusListCredential, equal to the words on the ledger: JSON with a proof, or a token (`application/vc+jwt`) of an issuer whose key makes no such proof. Carries an ETag; a request with If-None-Match that names it is answered with 304.',
        params: z.object({ id }),
        response: {
          200: secured,
          304: z.undefined().describe('Not changed.'),
          ...problems('STATUS_LIST_NOT_FOUND', 'CHAIN_UNREACHABLE'),
        },
      },
    },
    async (request, reply) => {
      const list = await issuer.statusList(request.params.id)
      reply.header('etag', list.etag).header('cache-control', `public, max-age=${list.maxAgeSeconds}`)
      if (matches(request.headers['if-none-match'], list.etag)) return reply.status(304).send()
      // A token is served as itself, not as a JSON string.
      if (typeof list.credential === 'string') reply.type(list.mediaType)
      return list.credential
    },
  )
}

/** If-None-Match (RFC 9110, 13.1.2): `*`, or a list of entity tags compared weakly. */
function matches(header: string | undefined, etag: string): boolean {
  if (!header) return false
  const bare = (tag: string) => tag.trim().replace(/^W\//, '')
  return header.trim() === '*' || header.split(',').some((tag) => bare(tag) === bare(etag))
}

import { z } from 'zod'
import { IssuerError } from '../../errors.ts'
import type { StatusListRequest } from '../../issuance/publish-status-list.ts'
import type { Issuer } from '../issuer.ts'
import { preferredType } from '../preferred-type.ts'
import { problems } from '../problem-document.ts'
import type { HttpServer } from '../protocol.ts'
import { defined, did, id, secured } from './fields.ts'
import type { Resource } from './resource.ts'

/** Earlier states of a list are not kept: `time` is the parameter of token lists, `timestamp` that of bitstrings. */
const point = z.string().max(64).optional().describe('Not implemented: answered with 501.')
const query = z.object({ time: point, timestamp: point })

interface Published {
  segment: StatusListRequest['segment']
  summary: string
  type: string
  body: z.ZodType
}

const encodings: readonly Published[] = [
  {
    segment: '',
    summary: 'A status list as BitstringStatusListCredential',
    type: 'JSON with a proof (`application/vc`) or a token (`application/vc+jwt`)',
    body: secured,
  },
  {
    segment: '2021',
    summary: 'A status list as StatusList2021Credential, of data model 1.1',
    type: 'JSON with a proof (`application/vc`) or a token (`application/jwt`)',
    body: secured,
  },
  {
    segment: 'token',
    summary: 'A pair of status lists as Token Status List, two bits for each credential',
    type: '`application/statuslist+jwt` or `application/statuslist+cwt`',
    body: z.string().describe('A JWT, or the bytes of a CWT.'),
  },
]

/** `GET /status-lists/{id}` in each encoding, and `GET /status-lists`. */
export const statusLists: Resource = (server, issuer) => {
  for (const encoding of encodings) mountEncoding(server, issuer, encoding)

  server.get(
    '/status-lists',
    {
      config: { access: 'public' },
      schema: {
        tags: ['Status'],
        summary: 'The addresses of all token status lists',
        description:
          'Status List Aggregation of the Token Status List specification: of one issuer, or of all.',
        querystring: z.object({ issuerDid: did.optional() }),
        response: {
          200: z.object({ status_lists: z.array(z.string()) }),
          ...problems('DATABASE_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'public, max-age=60')
      return { status_lists: await issuer.statusListAddresses(defined(request.query)) }
    },
  )
}

function mountEncoding(
  server: HttpServer,
  issuer: Issuer,
  { segment, summary, type, body }: Published,
): void {
  server.get(
    `/status-lists/:id${segment === '' ? '' : `/${segment}`}`,
    {
      config: { access: 'public' },
      schema: {
        tags: ['Status'],
        summary,
        description: `Equal to the words on the ledger: ${type}, by Accept and as the keys of the issuer allow. Carries an ETag; a request with If-None-Match that names it is answered with 304.`,
        params: z.object({ id }),
        querystring: query,
        response: {
          200: body,
          304: z.undefined().describe('Not changed.'),
          ...problems(
            'STATUS_LIST_NOT_FOUND',
            'ASSERTION_KEY_MISSING',
            'CHAIN_UNREACHABLE',
            'NOT_IMPLEMENTED',
          ),
        },
      },
    },
    async (request, reply) => {
      const { time, timestamp } = request.query
      if (time !== undefined || timestamp !== undefined) throw new IssuerError('NOT_IMPLEMENTED')
      const { id: statusListId } = request.params
      const prefer = (offered: readonly string[]) => preferredType(request.headers.accept, offered)
      const list = await issuer.statusList({ statusListId, segment, prefer })
      reply
        .header('etag', list.etag)
        .header('cache-control', `public, max-age=${list.maxAgeSeconds}`)
        .header('vary', 'Accept')
      if (matches(request.headers['if-none-match'], list.etag)) return reply.status(304).send()
      return reply.type(list.mediaType).send(list.body as never)
    },
  )
}

/** If-None-Match (RFC 9110, 13.1.2): `*`, or a list of entity tags compared weakly. */
function matches(header: string | undefined, etag: string): boolean {
  if (!header) return false
  const bare = (tag: string) => tag.trim().replace(/^W\//, '')
  return header.trim() === '*' || header.split(',').some((tag) => bare(tag) === bare(etag))
}

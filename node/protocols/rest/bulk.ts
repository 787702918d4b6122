import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { limitedTo, requireIssuer } from '../../access/caller.ts'
import type { FileType } from '../../bulk/outcome-files.ts'
import { hasEnded } from '../../bulk/watch-job.ts'
import { IssuerError } from '../../errors.ts'
import type { Issuer } from '../issuer.ts'
import { preferredType } from '../preferred-type.ts'
import { problems } from '../problem-document.ts'
import { callerOf, type HttpServer } from '../protocol.ts'
import { bodyPieces } from '../streamed-body.ts'
import { bulkJob, bulkProgress, bulkQuery, bulkTerms } from './bulk-fields.ts'
import { termsCodes } from './credentials-issue.ts'
import { pageOf, pageQuery } from './fields.ts'
import type { Resource } from './resource.ts'

const path = '/credentials/issue/bulk'
// a chunk as text, compressed, and as rows
const STREAM_BYTES = 8_388_608
const params = z.object({ id: z.string().max(128) })
const mediaTypes: Record<FileType, string> = { csv: 'text/csv', ndjson: 'application/x-ndjson' }
const reading = problems('UNAUTHORIZED', 'FORBIDDEN', 'BULK_JOB_NOT_FOUND', 'DATABASE_UNAVAILABLE')
const acting = problems(
  'UNAUTHORIZED',
  'FORBIDDEN',
  'BULK_JOB_NOT_FOUND',
  'BULK_JOB_STATE',
  'DATABASE_UNAVAILABLE',
)

/** Bulk issuance: `POST /credentials/issue/bulk`, and its jobs. */
export const bulk: Resource = (server, issuer) => {
  // in a scope of its own, where bodies of these types are streams
  server.register((scope, _options, done) => {
    takeStreams(scope)
    scope.addHook('preClose', async () => issuer.bulk.stopFollowing())
    mountUpload(scope, issuer)
    done()
  })
  mountJobs(server, issuer)
  mountActions(server, issuer)
  mountFiles(server, issuer)
}

function takeStreams(scope: HttpServer): void {
  scope.addContentTypeParser(Object.values(mediaTypes), (_request, payload, done) => done(null, payload))
}

function mountUpload(server: HttpServer, issuer: Issuer): void {
  server.post(
    path,
    {
      config: { access: 'credentials:issue', longBody: true, streams: STREAM_BYTES },
      schema: {
        tags: ['Bulk issuance'],
        summary: 'Issue credentials to the rows of a file',
        description:
          'CSV or NDJSON of up to 1,000,000 rows, taken in as a stream. Answers with a job when every row is stored; what is wrong with all rows is told at once, and nothing is stored then. A bad row fails alone.',
        querystring: bulkQuery,
        consumes: Object.values(mediaTypes),
        body: z
          .any()
          .describe('CSV: a header, then one holder a line. NDJSON: one {"holderDid", "claims"} a line.'),
        response: {
          202: bulkProgress.describe('Every row is stored; the job has begun.'),
          ...problems(...termsCodes, 'BULK_COLUMNS_INVALID', 'BULK_LIMIT_REACHED', 'BULK_JOB_STATE'),
        },
      },
    },
    async (request, reply) => {
      requireIssuer(callerOf(request), request.query.issuerDid)
      const job = await issuer.bulk.receive({
        terms: bulkTerms(request.query),
        mapping: request.query.mapping ?? {},
        ...bodyOf(request),
      })
      reply.status(202).header('location', `/api/v1${path}/${job.id}`)
      return job
    },
  )
}

/** The rows as they arrive. @throws UNSUPPORTED_MEDIA_TYPE, MALFORMED_REQUEST when they end too early */
function bodyOf({ headers, body }: FastifyRequest): { type: FileType; body: AsyncIterable<Uint8Array> } {
  const type = headers['content-type']?.startsWith(mediaTypes.csv) ? 'csv' : 'ndjson'
  if (!(body instanceof Readable) || (headers['content-encoding'] ?? 'identity') !== 'identity')
    throw new IssuerError('UNSUPPORTED_MEDIA_TYPE', {
      detail: 'The body must be text/csv or application/x-ndjson, not compressed.',
    })
  return { type, body: bodyPieces(body) }
}

const questionOf = (request: FastifyRequest<{ Params: { id: string } }>) => ({
  id: request.params.id,
  issuers: limitedTo(callerOf(request)),
})

function mountJobs(server: HttpServer, issuer: Issuer): void {
  const config = { access: 'credentials:issue' } as const
  server.get(
    path,
    {
      config,
      schema: {
        tags: ['Bulk issuance'],
        summary: 'The jobs, newest first',
        querystring: z.strictObject(pageQuery),
        response: { 200: pageOf(bulkJob), ...problems('UNAUTHORIZED', 'FORBIDDEN', 'DATABASE_UNAVAILABLE') },
      },
    },
    (request) => issuer.bulk.list({ ...request.query, issuers: limitedTo(callerOf(request)) }),
  )
  server.get(
    `${path}/:id`,
    {
      config,
      schema: {
        tags: ['Bulk issuance'],
        summary: 'How far a job is',
        params,
        response: { 200: bulkProgress, ...reading },
      },
    },
    (request) => issuer.bulk.get(questionOf(request)),
  )
  server.get(
    `${path}/:id/events`,
    {
      config,
      schema: {
        tags: ['Bulk issuance'],
        summary: 'How far a job is, as server-sent events',
        description:
          '`progress` whenever something has changed, `done` at the end, a comment when nothing happens. Each event tells all, so a client that comes back has missed nothing; after `done` it is answered with 204, which ends an EventSource.',
        params,
        response: {
          200: z.any().describe('text/event-stream'),
          204: z.undefined().describe('The client has had `done`.'),
          ...reading,
        },
      },
    },
    (request, reply) => answerEvents(issuer, request, reply),
  )
}

async function answerEvents(
  issuer: Issuer,
  request: FastifyRequest<{ Params: { id: string } }>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const question = questionOf(request)
  if (request.headers['last-event-id'] === 'done') {
    await issuer.bulk.get(question)
    return reply.status(204).send()
  }
  const events = eventsOf(await issuer.bulk.follow(question), () => request.isStillAllowed())
  return reply
    .type('text/event-stream')
    .headers({ 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
    .send(Readable.from(events))
}

type Followed = Awaited<ReturnType<Issuer['bulk']['follow']>>

async function* eventsOf(jobs: Followed, isAllowed: () => Promise<boolean>): AsyncGenerator<string> {
  yield 'retry: 2000\n\n'
  for await (const job of jobs) {
    // whoever comes back is told why
    if (!(await isAllowed())) return
    if (job === null) yield ': \n\n'
    else if (hasEnded(job)) yield `event: done\nid: done\ndata: ${JSON.stringify(job)}\n\n`
    else yield `event: progress\nid: ${job.n}\ndata: ${JSON.stringify(job)}\n\n`
  }
}

const actions = {
  pause: 'Pause a job: the chunk under way is issued, no other is begun',
  resume: 'Let a paused job go on',
  cancel: 'End a job; what is issued stays issued',
} as const

function mountActions(server: HttpServer, issuer: Issuer): void {
  const config = { access: 'credentials:issue' } as const
  for (const action of ['pause', 'resume', 'cancel'] as const)
    server.post(
      `${path}/:id/${action}`,
      {
        config,
        schema: {
          tags: ['Bulk issuance'],
          summary: actions[action],
          params,
          response: { 200: bulkProgress, ...acting },
        },
      },
      (request) => issuer.bulk.act({ ...questionOf(request), action }),
    )
  server.delete(
    `${path}/:id`,
    {
      config,
      schema: {
        tags: ['Bulk issuance'],
        summary: 'Forget a job that has ended, with its rows; the credentials stay',
        params,
        response: { 204: z.undefined().describe('Forgotten.'), ...acting },
      },
    },
    async (request, reply) => {
      await issuer.bulk.remove(questionOf(request))
      return reply.status(204).send()
    },
  )
}

function mountFiles(server: HttpServer, issuer: Issuer): void {
  const describe = 'text/csv or application/x-ndjson, as Accept says; without it as the rows came.'
  const options = (summary: string, description: string) => ({
    tags: ['Bulk issuance'],
    ...{ summary, description, params },
    response: { 200: z.any().describe(describe), ...reading },
  })
  server.get(
    `${path}/:id/success`,
    {
      config: { access: 'credentials:read' },
      schema: {
        ...options('The rows that were issued', 'Row, ids, status entry and transaction of each.'),
        querystring: z.strictObject({ include: z.literal('credentials').optional() }),
      },
    },
    async (request, reply) => {
      const withCredentials = request.query.include === 'credentials'
      const question = { ...questionOf(request), ...wantedType(request), withCredentials }
      return answerFile(reply, await issuer.bulk.success(question), `${request.params.id}-success`)
    },
  )
  server.get(
    `${path}/:id/failure`,
    {
      config: { access: 'credentials:issue' },
      schema: options(
        'The rows that were not issued',
        'Each as it came, with the reasons; corrected, the file can be sent again. Cells are as they were sent: one that begins with =, +, - or @ is a formula to a spreadsheet.',
      ),
    },
    async (request, reply) => {
      const question = { ...questionOf(request), ...wantedType(request) }
      return answerFile(reply, await issuer.bulk.failure(question), `${request.params.id}-failure`)
    },
  )
}

/** What Accept asks for; nothing where it is content with anything. */
function wantedType({ headers }: FastifyRequest): { type?: FileType } {
  if (!headers.accept || /^\s*\*\/\*\s*$/.test(headers.accept)) return {}
  return {
    type: preferredType(headers.accept, Object.values(mediaTypes)) === mediaTypes.csv ? 'csv' : 'ndjson',
  }
}

function answerFile(
  reply: FastifyReply,
  { type, text }: Awaited<ReturnType<Issuer['bulk']['failure']>>,
  name: string,
): FastifyReply {
  return reply
    .type(type === 'csv' ? 'text/csv; charset=utf-8; header=present' : mediaTypes.ndjson)
    .headers({ 'cache-control': 'no-store', 'content-disposition': `attachment; filename="${name}.${type}"` })
    .send(Readable.from(text))
}

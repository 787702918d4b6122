import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Answer, Idempotency, OpenRequest } from '../access/idempotency.ts'
import { IssuerError } from '../errors.ts'
import type { Json } from '../json.ts'
import { jcsBytes } from '../schemas/digest.ts'
import type { HttpServer } from './protocol.ts'
import { streamedBody } from './streamed-body.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** What its Idempotency-Key and the rest of it come to. */
    idempotency: { key: string; fingerprint: string; open?: OpenRequest } | undefined
  }
}

/** What of an answer counts as much as its body. */
const keptHeaders = ['content-type', 'cache-control', 'content-disposition', 'etag', 'link', 'location']

/**
 * Lets every POST be repeated (draft-ietf-httpapi-idempotency-key-header-07): a caller that sends an
 * `Idempotency-Key` gets the same answer to the same request, byte for byte, and what it asks for is done once.
 * Answers from 500 on and those that say they may be other ones later are not kept. A caller without API key has
 * no memory, and nothing to repeat: what it may call changes nothing.
 */
export function rememberAnswers(server: HttpServer, idempotency: Idempotency): void {
  server.decorateRequest('idempotency', undefined)
  // before validation, which puts defaults and dates into the body
  server.addHook('preValidation', async (request) => {
    const header = request.headers['idempotency-key']
    if (header === undefined || request.method !== 'POST' || request.is404) return
    request.idempotency = { key: parseKey(header), fingerprint: fingerprintOf(request) }
  })
  server.addHook('preHandler', async (request, reply) => {
    const { idempotency: asked, caller } = request
    if (!asked || !caller) return
    const streamed = streamOf(request)
    const begun = await idempotency.begin({ caller, ...asked, body: streamed })
    if ('status' in begun) return repeat(reply, begun)
    asked.open = begun
    if (streamed) request.body = streamed.body
  })
  server.addHook('onSend', async (request, reply, payload) => {
    const open = request.idempotency?.open
    if (!open) return payload
    const answer = answerOf(reply, payload)
    // the act is done, and its outcome recorded: what cannot be kept now is made again from that
    const kept = answer ? open.answered(answer) : open.released()
    await kept.catch((err) => request.log.warn({ err }, 'an answer was not kept'))
    return payload
  })
  server.addHook('onResponse', async (request) => request.idempotency?.open?.released())
}

/** A string of structured fields (RFC 8941, 3.3.3), or the same without quotes, as many clients send it. */
function parseKey(header: string | string[]): string {
  const text = typeof header === 'string' ? header.trim() : ''
  const quoted = /^"((?:[ !#-[\]-~]|\\["\\])*)"$/.exec(text)?.[1]?.replaceAll(/\\(.)/g, '$1')
  const key = quoted ?? (/^[!#-+\--:<-[\]-~]+$/.test(text) ? text : '')
  if (key.length >= 1 && key.length <= 255) return key
  const message =
    'header: Idempotency-Key must be one string of 1 to 255 printable ASCII characters, such as "8e03978e-40d5-43e8-bc93-6894a57f9324"'
  throw new IssuerError('MALFORMED_REQUEST', { violations: [{ pointer: '', message }] })
}

/** Method, address and body, however the JSON is written; a body that is a stream is looked at when it is read. */
function fingerprintOf({ method, url, body }: FastifyRequest): string {
  const hash = createHash('sha256').update(JSON.stringify([method, url]))
  if (isJson(body)) hash.update(jcsBytes(body))
  return hash.digest('hex')
}

const isJson = (body: unknown): body is Json => body !== undefined && !(body instanceof Readable)

function streamOf({ body, headers }: FastifyRequest): ReturnType<typeof streamedBody> | undefined {
  if (!(body instanceof Readable)) return undefined
  return streamedBody(body, headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() ?? '')
}

/** The answer to keep; undefined for one that a repetition need not give again. */
function answerOf(reply: FastifyReply, payload: unknown): Answer | undefined {
  const { statusCode: status } = reply
  if (status >= 500 || status === 401 || status === 429) return undefined
  if (payload !== undefined && payload !== null && typeof payload !== 'string') return undefined
  const body = payload ?? ''
  if (status >= 400 && isRetryable(body)) return undefined
  const headers = keptHeaders.flatMap((name) => {
    const value = reply.getHeader(name)
    return value === undefined ? [] : [[name, String(value)] as const]
  })
  return { status, headers: Object.fromEntries(headers), body }
}

function isRetryable(body: string): boolean {
  try {
    return JSON.parse(body).retryable === true
  } catch {
    return false
  }
}

function repeat(reply: FastifyReply, { status, headers, body }: Answer): FastifyReply {
  return reply
    .status(status)
    .headers({ ...headers, 'idempotency-replayed': 'true' })
    .serializer((payload: string) => payload)
    .send(body === '' ? undefined : body)
}

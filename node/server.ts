import { randomUUID } from 'node:crypto'
import helmet from '@fastify/helmet'
import {
  type FastifyBaseLogger,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  LogController,
} from 'fastify'
import { serializerCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Caller } from './access/caller.ts'
import type { Config } from './config.ts'
import { IssuerError } from './errors.ts'
import { rememberMethods } from './protocols/allowed-methods.ts'
import { limitArrival, longArrivalMs } from './protocols/arrival-time.ts'
import { demandAccess, guard } from './protocols/authorization.ts'
import { limitWork, type WorkLimits } from './protocols/backpressure.ts'
import { answerConnectionError } from './protocols/connection-error.ts'
import { describeApi, mountDocumentation } from './protocols/documentation.ts'
import { mountHealth } from './protocols/health.ts'
import { rememberAnswers } from './protocols/idempotency.ts'
import { protocols } from './protocols/index.ts'
import type { Issuer } from './protocols/issuer.ts'
import { parseJsonBody } from './protocols/json-body.ts'
import { mountMetrics } from './protocols/metrics.ts'
import { problemOf, retryAfter, toIssuerError } from './protocols/problem-document.ts'
import type { HttpServer, Settings } from './protocols/protocol.ts'
import { limitRates } from './protocols/rate-limit.ts'
import { routeOf, traceRequests } from './protocols/request-spans.ts'
import { validatorCompiler } from './protocols/request-validation.ts'
import { defaultTenant, onBehalfOf } from './request-context.ts'

/** What the server stands on. */
export interface ServerDeps {
  config: Pick<
    Config,
    | ('publicUrl' | 'tls' | 'rateLimit' | 'rateLimitAnonymous' | 'trustProxy')
    | keyof Settings
    | keyof WorkLimits
  >
  issuer: Issuer
  authenticate(header: string | undefined): Promise<Caller | undefined>
  logger: FastifyBaseLogger
}

/** An HTTP server with every protocol mounted; not listening yet. */
export async function createServer({
  config,
  issuer,
  authenticate,
  logger,
}: ServerDeps): Promise<HttpServer> {
  const server: HttpServer = fastify({
    ...(config.tls && { https: config.tls }),
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    bodyLimit: config.bodyLimit,
    requestIdHeader: false,
    genReqId: () => randomUUID(),
    requestTimeout: longArrivalMs,
    trustProxy: config.trustProxy?.split(',').map((entry) => entry.trim()) ?? false,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 4_096 },
    frameworkErrors: (error, request, reply) => answerError(error, request, reply),
    clientErrorHandler: answerConnectionError,
    return503OnClosing: false,
  }).withTypeProvider<ZodTypeProvider>()

  server.setValidatorCompiler(validatorCompiler).setSerializerCompiler(serializerCompiler)
  refuseWhileStopping(server)
  limitArrival(server)
  refuseNul(server)
  acceptJsonOnly(server)
  logAnswers(server, issuer.metrics)
  traceRequests(server, issuer.tracing)
  await describeApi(server, config.publicUrl)
  await secure(server, authenticate)
  await limitRates(server, config, issuer.rateCounter)
  answerUnknown(server, rememberMethods(server))
  server.setErrorHandler(answerError)

  limitWork(server, config)
  rememberAnswers(server, issuer.idempotency)
  mountDocumentation(server)
  server.register((scope, _options, done) => {
    demandAccess(scope)
    mountHealth(scope, issuer.checkHealth)
    mountMetrics(scope, issuer.metrics)
    for (const protocol of protocols) protocol.mount(scope, issuer, config)
    done()
  })
  await server.ready()
  return server
}

/** What still comes by a connection that was open before; the framework's own answer is no problem document. */
function refuseWhileStopping(server: HttpServer): void {
  let stopping = false
  server.addHook('preClose', async () => {
    stopping = true
  })
  server.addHook('onRequest', async () => {
    if (stopping) throw new IssuerError('NODE_STOPPING')
  })
}

/** U+0000 in an address: no name has it, and PostgreSQL takes no text with it. */
function refuseNul(server: HttpServer): void {
  server.addHook('onRequest', async ({ url }) => {
    if (!url.includes('%00')) return
    throw new IssuerError('MALFORMED_REQUEST', { detail: 'The address must not hold U+0000.' })
  })
}

/** The only media type taken in, parsed strictly; other types are refused with UNSUPPORTED_MEDIA_TYPE. */
function acceptJsonOnly(server: HttpServer): void {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body: Buffer, done) => {
    done(null, parseJsonBody(decodeUtf8(decoder, body)))
  })
}

function decodeUtf8(decoder: InstanceType<typeof TextDecoder>, body: Buffer): string {
  try {
    return decoder.decode(body)
  } catch (cause) {
    throw new IssuerError('MALFORMED_REQUEST', { detail: 'The body is not valid UTF-8.', cause })
  }
}

/** One line for each answer: the address's pattern, not the path, which may hold a one-time token. */
function logAnswers(server: HttpServer, metrics: Issuer['metrics']): void {
  server.addHook('onResponse', async (request, reply) => {
    metrics.observeRequest({
      method: request.method,
      route: routeOf(request),
      status: reply.statusCode,
      seconds: reply.elapsedTime / 1_000,
    })
    request.log.info(
      {
        method: request.method,
        route: routeOf(request),
        status: reply.statusCode,
        milliseconds: Math.round(reply.elapsedTime),
        keyId: request.caller?.keyId,
      },
      'answered',
    )
  })
}

async function secure(server: HttpServer, authenticate: ServerDeps['authenticate']): Promise<void> {
  await server.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
    crossOriginResourcePolicy: { policy: 'cross-origin' },
  })
  guard(server, authenticate)
  server.addHook('preHandler', ({ caller, id, span }, _reply, done) => {
    const { keyId: actor, tenantId } = caller ?? { keyId: 'anonymous', tenantId: defaultTenant }
    const serve = () => onBehalfOf({ requestId: id, tenantId, actor, traceparent: span?.traceparent }, done)
    if (span) span.run(serve)
    else serve()
  })
}

function answerUnknown(server: HttpServer, methodsOf: (path: string) => string[]): void {
  server.setNotFoundHandler({ preHandler: server.rateLimit() }, (request, reply) => {
    const methods = methodsOf(pathOf(request))
    if (methods.length === 0) throw new IssuerError('NOT_FOUND')
    reply.header('allow', methods.join(', '))
    throw new IssuerError('METHOD_NOT_ALLOWED')
  })
}

/** The one error handler: a problem document (RFC 9457) for everything that is thrown. */
function answerError(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const error = toIssuerError(thrown)
  if (error.status >= 500) request.log.error({ err: error }, error.code)
  else request.log.info({ code: error.code, violations: error.violations.length }, 'refused')
  const seconds = retryAfter(error)
  if (seconds !== undefined) reply.header('retry-after', seconds)
  if (error.code === 'UNAUTHORIZED') reply.header('www-authenticate', 'Bearer')
  const body = JSON.stringify(problemOf(error, { path: pathOf(request), id: request.id }))
  reply
    .status(error.status)
    .header('cache-control', 'no-store')
    .type('application/problem+json')
    .serializer((payload: string) => payload)
    .send(body)
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0]?.slice(0, 2_048) ?? ''
}

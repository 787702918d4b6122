import { type FastifyBaseLogger, fastify, LogController } from 'fastify'
import { serializerCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Caller } from '../access/caller.ts'
import { IssuerError } from '../errors.ts'
import { guard } from './authorization.ts'
import { mountHealth } from './health.ts'
import type { Issuer } from './issuer.ts'
import { mountMetrics } from './metrics.ts'
import { problemOf, toIssuerError } from './problem-document.ts'
import type { HttpServer } from './protocol.ts'
import { validatorCompiler } from './request-validation.ts'

interface HealthServerDeps {
  checkHealth: Issuer['checkHealth']
  metrics: Issuer['metrics']
  authenticate(header: string | undefined): Promise<Caller | undefined>
  logger: FastifyBaseLogger
}

/** The HTTP server of a process that answers no requests: it tells of its health, and its metrics; not listening yet. */
export async function createHealthServer(deps: HealthServerDeps): Promise<HttpServer> {
  const { checkHealth, metrics, authenticate, logger } = deps
  const server: HttpServer = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    bodyLimit: 1_024,
    requestTimeout: 10_000,
    forceCloseConnections: 'idle',
  }).withTypeProvider<ZodTypeProvider>()
  server.setValidatorCompiler(validatorCompiler).setSerializerCompiler(serializerCompiler)
  server.setNotFoundHandler(() => {
    throw new IssuerError('NOT_FOUND')
  })
  server.setErrorHandler((thrown, { id, routeOptions }, reply) => {
    const error = toIssuerError(thrown)
    reply.status(error.status).type('application/problem+json')
    return JSON.stringify(problemOf(error, { path: routeOptions.url ?? '', id }))
  })
  guard(server, authenticate)
  mountHealth(server, checkHealth)
  mountMetrics(server, metrics)
  await server.ready()
  return server
}

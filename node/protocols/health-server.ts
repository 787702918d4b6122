import { type FastifyBaseLogger, fastify, LogController } from 'fastify'
import { serializerCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import { IssuerError } from '../errors.ts'
import { mountHealth } from './health.ts'
import type { Issuer } from './issuer.ts'
import { problemOf, toIssuerError } from './problem-document.ts'
import type { HttpServer } from './protocol.ts'
import { validatorCompiler } from './request-validation.ts'

interface HealthServerDeps {
  checkHealth: Issuer['checkHealth']
  logger: FastifyBaseLogger
}

/** The HTTP server of a process that answers no requests: it tells of its health; not listening yet. */
export async function createHealthServer({ checkHealth, logger }: HealthServerDeps): Promise<HttpServer> {
  const server: HttpServer = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
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
  mountHealth(server, checkHealth)
  await server.ready()
  return server
}

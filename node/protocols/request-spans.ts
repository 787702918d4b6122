import type { FastifyRequest } from 'fastify'
import type { RequestSpan, Tracing } from '../observability/tracing.ts'
import type { HttpServer } from './protocol.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Where requests are traced. */
    span: RequestSpan | undefined
  }
}

/** Begins a span for each request, below that of the caller where it names one (W3C Trace Context, 2.2). */
export function traceRequests(server: HttpServer, tracing: Tracing | undefined): void {
  server.decorateRequest('span', undefined)
  if (!tracing) return
  server.addHook('onRequest', async (request) => {
    const { traceparent } = request.headers
    request.span = tracing.beginRequest({
      ...{ method: request.method, route: routeOf(request), requestId: request.id },
      traceparent: typeof traceparent === 'string' ? traceparent : undefined,
    })
  })
  server.addHook('onResponse', async (request, reply) => request.span?.end(reply.statusCode))
}

/** The pattern of the address: the path itself may hold a one-time token. */
export const routeOf = (request: FastifyRequest): string => request.routeOptions.url ?? 'unknown'

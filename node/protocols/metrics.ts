import { IssuerError } from '../errors.ts'
import { defaultTenant } from '../request-context.ts'
import type { Issuer } from './issuer.ts'
import { callerOf, type HttpServer } from './protocol.ts'

/** Adds `/metrics`, for keys with the scope metrics:read and for METRICS_TOKEN. */
export function mountMetrics(server: HttpServer, metrics: Issuer['metrics']): void {
  server.get(
    '/metrics',
    {
      config: { access: 'metrics:read' },
      schema: {
        tags: ['Health'],
        summary: 'Metrics in the format of Prometheus',
        description: 'docs/observability.md lists them.',
      },
    },
    async (request, reply) => {
      // they are of the node as a whole
      if (callerOf(request).tenantId !== defaultTenant) throw new IssuerError('FORBIDDEN')
      const { contentType, body } = await metrics.text()
      return reply.header('cache-control', 'no-store').type(contentType).send(body)
    },
  )
}

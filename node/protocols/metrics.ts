import type { Issuer } from './issuer.ts'
import type { HttpServer } from './protocol.ts'

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
    async (_request, reply) => {
      const { contentType, body } = await metrics.text()
      return reply.header('cache-control', 'no-store').type(contentType).send(body)
    },
  )
}

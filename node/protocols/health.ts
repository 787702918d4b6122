import { z } from 'zod'
import type { Health } from './issuer.ts'
import type { HttpServer } from './protocol.ts'

const dependency = z.object({
  status: z.enum(['up', 'down']),
  detail: z.string().optional().describe('What is wrong, in words for the public.'),
})

const readiness = z.object({
  status: z.enum(['ready', 'not ready']),
  dependencies: z.object({
    chain: dependency,
    database: dependency,
    keyStore: dependency,
    relayer: dependency.describe('Whether the account that pays for transactions has funds.'),
    queue: dependency
      .optional()
      .describe('Where QUEUE_URL is set. The node is ready without it: work begins some seconds later.'),
  }),
})

/** Adds `/health/live` (the process answers) and `/health/ready` (what it stands on answers, too). */
export function mountHealth(server: HttpServer, checkHealth: () => Promise<Health>): void {
  server.get(
    '/health/live',
    {
      config: { access: 'public', rateLimit: false },
      schema: {
        tags: ['Health'],
        summary: 'Whether the process answers',
        response: { 200: z.object({ status: z.literal('live') }) },
      },
    },
    async () => ({ status: 'live' as const }),
  )
  server.get(
    '/health/ready',
    {
      config: { access: 'public', rateLimit: false },
      schema: {
        tags: ['Health'],
        summary: 'Whether everything the node stands on answers',
        description: 'Tells which dependency is down: chain, database, key store, relayer, queue.',
        response: { 200: readiness, 503: readiness },
      },
    },
    async (_request, reply) => {
      const dependencies = await checkHealth()
      const { queue: _, ...required } = dependencies
      const ready = Object.values(required).every(({ status }) => status === 'up')
      reply.status(ready ? 200 : 503).header('cache-control', 'no-store')
      return { status: ready ? ('ready' as const) : ('not ready' as const), dependencies }
    },
  )
}

import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { FastifyRequest } from 'fastify'
import { IssuerError } from '../errors.ts'
import { defaultTenant } from '../request-context.ts'
import { anonymousShare, shareOf } from '../tenant-share.ts'
import type { HttpServer } from './protocol.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Bytes of memory that a body may take at a time, where it is read as a stream. */
    streams?: number
  }
  interface FastifyRequest {
    /** What it weighs; undefined for one that only reads. */
    work: { weigh(weight: number): void; ended(): void } | undefined
  }
}

/** What the node takes on at a time. */
export interface WorkLimits {
  /** Bytes of bodies of requests that are being answered; one request alone may exceed them. */
  inProgressBytes: number
  /** Milliseconds that whatever is ready waits for its turn on average. */
  eventLoopDelayMs: number
}

/** What a request takes besides its body: its objects, its answer, its place among those who wait. */
const requestBytes = 4_096
/** What each of many takes, such as a row of a batch: 16 batches of 2,500 at a time took 150 MB more than two. */
const partBytes = 2_048
const sampleMs = 500
/** After which work that nobody waits for no longer counts. */
const abandonedMs = 60_000

/**
 * Answers 503 with Retry-After to what would be more work than the node can hold: a request weighs as much as the
 * length of its body, from before that is read until the answer is out, and then what it asks for. What only reads is answered always, health and status
 * among it.
 */
export function limitWork(server: HttpServer, limits: WorkLimits): void {
  const pools = {
    known: createPool(limits.inProgressBytes),
    anonymous: createPool(limits.inProgressBytes * anonymousShare),
  }
  server.decorateRequest('work', undefined)
  const lag = watchEventLoop(server)
  server.addHook('preParsing', async (request, reply) => {
    if (request.method === 'GET' || request.method === 'HEAD' || request.method === 'OPTIONS') return
    if (lag() > limits.eventLoopDelayMs) throw new IssuerError('NODE_BUSY', { retryAfter: 2 })
    const { weigh, free: leave } = (request.caller ? pools.known : pools.anonymous)(request.caller?.tenantId)
    weigh(weightOf(request))
    const free = once(leave)
    request.work = { weigh, ended: () => {} }
    reply.raw.once('close', () => {
      if (reply.sent) return free()
      // who hangs up leaves its work behind, which ends with an answer for nobody
      if (request.work) request.work.ended = free
      setTimeout(free, abandonedMs).unref()
    })
  })
  server.addHook('preValidation', async ({ work, body }) => work?.weigh(partsOf(body) * partBytes))
  server.addHook('onSend', async (request, _reply, payload) => {
    request.work?.ended()
    return payload
  })
}

/** What one request has of a pool. */
interface Place {
  /** @throws NODE_BUSY */
  weigh(weight: number): void
  free(): void
}

/** Room for bodies, of so many bytes. Whoever runs the node, and callers of no tenant, may have all of it. */
function createPool(limit: number): (tenantId: string | undefined) => Place {
  let total = 0
  const ofTenants = new Map<string, number>()
  return (tenantId = defaultTenant) => {
    // bodies that come slowly keep out those of their own tenant alone
    const share = shareOf(tenantId)
    let own = 0
    const add = (weight: number) => {
      own += weight
      total += weight
      const ofTenant = (ofTenants.get(tenantId) ?? 0) + weight
      if (ofTenant > 0) ofTenants.set(tenantId, ofTenant)
      else ofTenants.delete(tenantId)
    }
    return {
      weigh(weight) {
        const ofTenant = ofTenants.get(tenantId) ?? 0
        const room = share * (limit - (total - ofTenant))
        if (total > own && ofTenant + weight > room) throw new IssuerError('NODE_BUSY', { retryAfter: 1 })
        // one alone that weighs more than there is leaves the others their part all the same
        add(Math.min(weight, share * limit - own))
      },
      free: () => add(-own),
    }
  }
}

/** How many things are asked for at once: the members of the longest list. */
function partsOf(body: unknown): number {
  if (typeof body !== 'object' || body === null) return 0
  return Math.max(0, ...Object.values(body).map((member) => (Array.isArray(member) ? member.length : 0)))
}

function once(act: () => void): () => void {
  let done = false
  return () => {
    if (!done) act()
    done = true
  }
}

function weightOf({ headers, routeOptions }: FastifyRequest): number {
  const { config, bodyLimit } = routeOptions
  const declared = Number(headers['content-length'] ?? Number.NaN)
  // without a length it may become as long as it may be
  const body = headers['transfer-encoding'] === undefined && Number.isNaN(declared) ? 0 : declared
  const most = config.streams ?? bodyLimit
  return requestBytes + (Number.isNaN(body) ? most : Math.min(body, most))
}

/** How long whatever was ready waited for its turn, on average of each of the last two half seconds. */
function watchEventLoop(server: HttpServer): () => number {
  const resolution = 20
  const histogram = monitorEventLoopDelay({ resolution })
  histogram.enable()
  let delays = [0, 0]
  const sampling = setInterval(() => {
    const latest = histogram.count > 0 ? histogram.mean / 1e6 - resolution : 0
    delays = [delays[1] ?? 0, latest]
    histogram.reset()
  }, sampleMs).unref()
  server.addHook('onClose', async () => {
    clearInterval(sampling)
    histogram.disable()
  })
  // one long task, such as a start, is no overload
  return () => Math.min(...delays)
}

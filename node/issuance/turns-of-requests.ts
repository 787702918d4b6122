import { IssuerError } from '../errors.ts'
import type { RequestContext } from '../request-context.ts'

/** What has to be known of a request to let it wait. */
interface Waiting {
  context: Pick<RequestContext, 'tenantId'>
  /** The credentials that it is about, each once, all of them its tenant's own. */
  wanted: readonly string[]
}

/** Requests that wait to share a transaction; those of several tenants take turns. */
export interface Turns<Request extends Waiting> {
  /** @throws RATE_LIMIT_EXCEEDED while too many of the tenant wait */
  add(request: Request): void
  /**
   * Takes those that go together, none when nothing waits: from every tenant in turn its oldest, as long as no
   * credential is named twice and all fit. At least one, however large, of the tenant that has been waiting longest.
   */
  next(): Request[]
}

interface TurnsOptions {
  /** How many credentials go together. */
  most: number
  /** How many requests of one tenant wait. */
  mostWaiting: number
}

/** Makes an empty queue in which no tenant waits for what another one asks again and again. */
export function createTurns<Request extends Waiting>({ most, mostWaiting }: TurnsOptions): Turns<Request> {
  /** Tenants of whom something waits, whoever was served longest ago first; their requests in the order they came. */
  const waiting = new Map<string, Request[]>()

  return {
    add(request) {
      const { tenantId } = request.context
      const own = waiting.get(tenantId)
      if (!own) waiting.set(tenantId, [request])
      else if (own.length < mostWaiting) own.push(request)
      else {
        const detail = `${own.length} requests of this tenant wait for the ledger already.`
        throw new IssuerError('RATE_LIMIT_EXCEEDED', { detail, retryAfter: 10 })
      }
    },

    next() {
      const group: Request[] = []
      const named = new Set<string>()
      let size = 0
      // who was served is put last, where this loop comes by again; who cannot be served keeps the place in front
      for (const [tenantId, own] of waiting) {
        const [request] = own
        if (!request) continue
        // one that has nothing left to change counts, too: it takes time
        const weight = Math.max(1, request.wanted.length)
        const isTooMuch = group.length > 0 && size + weight > most
        // none of the tenant's later ones is taken instead: it might be about the same credential
        if (isTooMuch || request.wanted.some((id) => named.has(id))) continue
        group.push(request)
        size += weight
        for (const id of request.wanted) named.add(id)
        own.shift()
        waiting.delete(tenantId)
        if (own.length > 0) waiting.set(tenantId, own)
        if (size >= most) break
      }
      return group
    },
  }
}

import rateLimit, { type FastifyRateLimitStoreCtor } from '@fastify/rate-limit'
import type { FastifyRequest } from 'fastify'
import { type RateCounter, windowMs } from '../access/rate-counter.ts'
import { BoundedCache } from '../bounded-cache.ts'
import { IssuerError } from '../errors.ts'
import type { HttpServer } from './protocol.ts'

interface Limits {
  rateLimit: number
  rateLimitAnonymous: number
}

/**
 * Limits how many requests a minute come from a key, from all keys of a tenant that has a limit of its own, and from an
 * address without a key. What keys send is counted together with other processes where there is a counter; addresses are
 * counted by each process, since whoever has many of them could make the database write.
 */
export async function limitRates(
  server: HttpServer,
  limits: Limits,
  counter: RateCounter | undefined,
): Promise<void> {
  await server.register(rateLimit, {
    ...(counter && { store: storeOf(counter) }),
    timeWindow: windowMs,
    keyGenerator: rateKey,
    max: ({ caller }) => (caller ? (caller.rateLimit ?? limits.rateLimit) : limits.rateLimitAnonymous),
    errorResponseBuilder: (_request, { ttl }) =>
      new IssuerError('RATE_LIMIT_EXCEEDED', { retryAfter: Math.ceil(ttl / 1000) }),
  })
}

const addressPrefix = 'address '
const mostAddresses = 20_000

/** What the limiter counts by: the common counter, and the memory of this process for addresses. */
function storeOf(counter: RateCounter): FastifyRateLimitStoreCtor {
  const addresses = new BoundedCache<string, { count: number; until: number }>(mostAddresses, windowMs)
  function countHere(address: string) {
    const now = performance.now()
    const known = addresses.get(address)
    const counted = known && known.until > now ? known : { count: 0, until: now + windowMs }
    if (counted !== known) addresses.set(address, counted)
    counted.count++
    return { current: counted.count, ttl: counted.until - now }
  }
  return class {
    incr(
      key: string,
      done: (error: Error | null, result?: { current: number; ttl: number }) => void,
      _timeWindow: number,
      max: number,
    ): void {
      if (key.startsWith(addressPrefix)) done(null, countHere(key))
      else counter.count(key, max).then((result) => done(null, result), done)
    }
    child() {
      return this
    }
  }
}

/** The keys of a tenant with a limit of its own share it. */
function rateKey({ caller, ip }: FastifyRequest): string {
  if (!caller) return addressPrefix + ip
  return caller.rateLimit === undefined ? `key ${caller.keyId}` : `tenant ${caller.tenantId}`
}

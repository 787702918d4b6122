import { BoundedCache } from '../bounded-cache.ts'
import type { Job } from '../jobs/queue.ts'
import type { RateCountStore } from '../stores/rate-counts.ts'

/** Counts requests of all processes of a database together. */
export interface RateCounter {
  /** Counts one; the how manieth it is at least, above `max` when there is none left, and milliseconds to the next window. */
  count(name: string, max: number): Promise<{ current: number; ttl: number }>
  /** Forgets what is over. */
  readonly job: Job
}

interface Deps {
  counts: RateCountStore
  now(): Date
  /** Told once in a window in which a process counts alone. */
  onAlone(error: unknown): void
}

/** What this process has of a window. */
interface Share {
  begun: number
  /** Requests that it has taken and not served. */
  left: number
  /** Requests that were taken by all, as far as it knows. */
  taken: number
  state: 'open' | 'used up' | 'alone'
  /** The question that is under way. */
  asked: Promise<void> | undefined
}

export const windowMs = 60_000
/** A process takes so large a part of the limit at a time: one statement for sixty requests of 6,000. */
const parts = 100
const mostShares = 20_000
/** Longer nobody waits for a database that does not answer. */
const patienceMs = 1_000

/**
 * Takes from the database, a part of the limit at a time, what it then counts by itself: all processes together let through
 * no more than the limit, and no less than that without a part for each other process. While the database does not answer,
 * each counts for itself: a limit that nobody can look up must not take down what needs no database, and who needs one is
 * refused there.
 */
export function createRateCounter({ counts, now, onAlone }: Deps): RateCounter {
  const shares = new BoundedCache<string, Share>(mostShares, 2 * windowMs)

  async function take(share: Share, name: string, max: number): Promise<void> {
    const count = Math.max(1, Math.ceil(max / parts))
    const begunAt = new Date(share.begun).toISOString()
    try {
      share.taken = await inTime(counts.take({ name, begunAt, count }))
      // the last part may be a smaller one
      share.left = Math.min(count, count - (share.taken - max))
      if (share.left <= 0) share.state = 'used up'
    } catch (error) {
      share.state = 'alone'
      share.left = Math.max(0, max - share.taken)
      share.taken = max
      onAlone(error)
    }
  }

  function shareOf(name: string, begun: number): Share {
    const known = shares.get(name)
    if (known?.begun === begun) return known
    const share: Share = { begun, left: 0, taken: 0, state: 'open', asked: undefined }
    shares.set(name, share)
    return share
  }

  return {
    async count(name, max) {
      const time = now().getTime()
      const begun = time - (time % windowMs)
      const ttl = begun + windowMs - time
      const share = shareOf(name, begun)
      while (share.left <= 0 && share.state === 'open') {
        share.asked ??= take(share, name, max).finally(() => {
          share.asked = undefined
        })
        await share.asked
      }
      if (share.left <= 0) return { current: max + 1, ttl }
      const current = Math.min(share.taken, max) - share.left + 1
      share.left--
      return { current, ttl }
    },
    job: {
      name: 'forget rate counts',
      intervalMs: 600_000,
      run: () => counts.forget(new Date(now().getTime() - 10 * windowMs).toISOString()),
    },
  }
}

async function inTime<T>(answer: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error('the database did not count in time')), patienceMs)
  // it may fail after nobody waits for it any more
  answer.catch(() => {})
  try {
    return await Promise.race([answer, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

import { setTimeout as delay } from 'node:timers/promises'
import { IssuerError } from '../errors.ts'

/** The states in which nothing changes any more. */
const ended: ReadonlySet<string> = new Set(['cancelled', 'failed', 'done'])

/** Whether a job has ended. */
export const hasEnded = ({ state }: { state: string }): boolean => ended.has(state)

/** Lets callers follow jobs, whichever process works on them. */
export interface JobWatch {
  /**
   * What a job of a tenant is like now, and whenever that has changed; null now and then while it has not. Ends with
   * the job.
   * @throws RATE_LIMIT_EXCEEDED while too many follow jobs
   */
  follow<T extends { state: string; updatedAt: string }>(
    tenantId: string,
    look: () => Promise<T>,
  ): AsyncGenerator<T | null>
  /** Ends everybody's following. */
  stop(): void
}

/** Times in milliseconds. */
interface WatchOptions {
  /** How many may follow at a time in this process. */
  listeners: number
  /** How many of one tenant, so that it does not take the places of all. */
  tenantListeners: number
  /** How often the table is looked at. */
  pollMs: number
  /** After how long without a change null is given. */
  heartbeatMs: number
}

export function createJobWatch(options: WatchOptions): JobWatch {
  const { listeners, tenantListeners, pollMs, heartbeatMs } = options
  const stopping = new AbortController()
  /** Tenants of those who follow, one for each. */
  const following: string[] = []

  async function* follow<T extends { state: string; updatedAt: string }>(
    tenantId: string,
    look: () => Promise<T>,
  ) {
    let seen: string | undefined
    let told = performance.now()
    following.push(tenantId)
    try {
      while (!stopping.signal.aborted) {
        const job = await look()
        const isNew = `${job.state} ${job.updatedAt}` !== seen
        if (isNew) yield job
        else if (performance.now() - told >= heartbeatMs) yield null
        if (isNew || performance.now() - told >= heartbeatMs) told = performance.now()
        seen = `${job.state} ${job.updatedAt}`
        if (hasEnded(job)) return
        await delay(pollMs, undefined, { signal: stopping.signal }).catch(() => {})
      }
    } finally {
      following.splice(following.indexOf(tenantId), 1)
    }
  }

  return {
    follow(tenantId, look) {
      const own = following.filter((other) => other === tenantId).length
      if (following.length < listeners && own < tenantListeners) return follow(tenantId, look)
      const detail = `${own} callers of this tenant follow jobs already.`
      throw new IssuerError('RATE_LIMIT_EXCEEDED', { detail, retryAfter: 10 })
    },
    stop: () => stopping.abort(),
  }
}

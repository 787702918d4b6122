import { setTimeout as delay } from 'node:timers/promises'
import { IssuerError } from '../errors.ts'

/** The states in which nothing changes any more. */
const ended: ReadonlySet<string> = new Set(['cancelled', 'failed', 'done'])

/** Whether a job has ended. */
export const hasEnded = ({ state }: { state: string }): boolean => ended.has(state)

/** Lets callers follow jobs, whichever process works on them. */
export interface JobWatch {
  /**
   * What a job is like now, and whenever that has changed; null now and then while it has not. Ends with the job.
   * @throws RATE_LIMIT_EXCEEDED while too many follow jobs
   */
  follow<T extends { state: string; updatedAt: string }>(look: () => Promise<T>): AsyncGenerator<T | null>
  /** Ends everybody's following. */
  stop(): void
}

/** Times in milliseconds. */
interface WatchOptions {
  /** How many may follow at a time in this process. */
  listeners: number
  /** How often the table is looked at. */
  pollMs: number
  /** After how long without a change null is given. */
  heartbeatMs: number
}

export function createJobWatch({ listeners, pollMs, heartbeatMs }: WatchOptions): JobWatch {
  const stopping = new AbortController()
  let following = 0

  async function* follow<T extends { state: string; updatedAt: string }>(look: () => Promise<T>) {
    let seen: string | undefined
    let told = performance.now()
    following++
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
      following--
    }
  }

  return {
    follow(look) {
      if (following < listeners) return follow(look)
      const detail = `${listeners} callers follow jobs already.`
      throw new IssuerError('RATE_LIMIT_EXCEEDED', { detail, retryAfter: 10 })
    },
    stop: () => stopping.abort(),
  }
}

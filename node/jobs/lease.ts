import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { LeaseStore } from '../stores/leases.ts'

/** What one process at a time may hold. */
export interface Leases {
  /** Does the work while holding the lease; undefined, at once, while another process holds it. */
  hold<T>(name: string, work: () => Promise<T>): Promise<{ result: T } | undefined>
}

interface LeaseOptions {
  store: LeaseStore
  /** Milliseconds after which the lease of a process that died is free again; 5,000 when left out. */
  durationMs?: number
  /** Told when a lease was lost that this process took to be its own, or could not be renewed. */
  onLost?: (name: string) => void
}

/**
 * Leases of this process. They are renewed four times in their duration, so that a holder may miss two renewals; the
 * time is that of the database, so that no clock of a machine counts. A process that stands still for longer loses
 * its lease without knowing it: a lease saves double work, and what must never happen twice is refused by the unique
 * column `open` of anchors and by the counters of the registries.
 */
export function createLeases({ store, durationMs = 5_000, onLost }: LeaseOptions): Leases {
  const holder = `${hostname()} ${process.pid} ${randomUUID()}`
  const acquire = (name: string) => store.acquire({ name, holder, milliseconds: durationMs })
  return {
    async hold(name, work) {
      if (!(await acquire(name))) return undefined
      let renewing: Promise<unknown> = Promise.resolve()
      const renewal = setInterval(() => {
        renewing = acquire(name).then(
          (held) => held || onLost?.(name),
          () => onLost?.(name),
        )
      }, durationMs / 4)
      try {
        return { result: await work() }
      } finally {
        clearInterval(renewal)
        // one that comes after the release would take the lease again, for nobody
        await renewing
        // one that cannot be given back now runs out
        await store.release({ name, holder }).catch(() => {})
      }
    },
  }
}

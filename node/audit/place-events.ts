import type { Job } from '../jobs/queue.ts'
import type { AuditLogStore, EventRow, PlacedEventRow } from '../stores/audit-log.ts'
import { chainHash, storedEntryDigest } from './entry.ts'

const EVENTS_AT_ONCE = 500

interface Deps {
  auditLog: Pick<AuditLogStore, 'place'>
  /** Told of events that have got their place, each once among all processes. */
  onPlaced?(events: readonly PlacedEventRow[]): void
}

/** Gives events their places in the audit log. What one event costs does not depend on how many there are. */
export interface Placement {
  readonly job: Job
  /** Places what is there, at most some hundred events. */
  placeSome(): Promise<number>
}

export function createPlacement(deps: Deps): Placement {
  async function placeSome(): Promise<number> {
    const placed = await deps.auditLog.place({
      limit: EVENTS_AT_ONCE,
      hashOf: (seq, previous, event) => chainHash(previous, storedDigest(seq, event)),
    })
    if (placed.length > 0) deps.onPlaced?.(placed)
    return placed.length
  }
  return {
    placeSome,
    job: {
      name: 'audit log',
      // a question to an index of what has no place yet
      intervalMs: 250,
      async run() {
        for (let total = 0; ; ) {
          const placed = await placeSome()
          total += placed
          if (placed < EVENTS_AT_ONCE) return total
        }
      },
    },
  }
}

/** The digest of an event as the database keeps it. */
export function storedDigest(seq: number, event: EventRow): string {
  return storedEntryDigest(seq, {
    id: event.id,
    at: event.at,
    tenantId: event.tenant_id,
    actor: event.actor,
    requestId: event.request_id,
    type: event.type,
    subject: event.subject,
    data: event.data,
  })
}

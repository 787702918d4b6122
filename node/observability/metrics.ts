import { Counter, Histogram, Registry } from 'prom-client'
import type { EventType } from '../events/event.ts'
import type { PlacedEventRow } from '../stores/audit-log.ts'
import { addDepths, type DepthSources } from './depth-gauges.ts'
import { addProcess } from './process-gauges.ts'
import { countWork } from './work-counters.ts'

/** The metrics of one node, in the format of Prometheus. */
export interface Metrics {
  observeRequest(request: { method: string; route: string; status: number; seconds: number }): void
  /** Counts what has got its place in the audit log. */
  countEvents(events: readonly Pick<PlacedEventRow, 'type' | 'data'>[]): void
  countAttempt(outcome: 'delivered' | 'failed'): void
  /** The text for whoever scrapes, and its media type. */
  text(): Promise<{ contentType: string; body: string }>
  close(): void
}

/** Upper bounds of histograms of time. */
export const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** Makes the metrics of a node, in a registry of their own. */
export function createMetrics(sources: DepthSources & { version: string }): Metrics {
  const registry = new Registry()
  const requests = new Histogram({
    ...{ name: 'cartulary_http_request_duration_seconds', registers: [registry], buckets: seconds },
    ...{ help: 'Requests by pattern of the address and status.', labelNames: ['method', 'route', 'status'] },
  })
  const attempts = new Counter({
    ...{ name: 'cartulary_webhook_attempts_total', registers: [registry] },
    ...{ help: 'Attempts to deliver to webhooks.', labelNames: ['outcome'] },
  })
  const countEvents = eventCounters(registry)
  const endWork = countWork(registry, seconds)
  const endProcess = addProcess(registry, sources.version)
  const refresh = addDepths(registry, sources)
  return {
    observeRequest: ({ method, route, status, seconds: taken }) =>
      requests.observe({ method, route, status: String(status) }, taken),
    countEvents,
    countAttempt: (outcome) => attempts.inc({ outcome }),
    async text() {
      await refresh()
      return { contentType: registry.contentType, body: await registry.metrics() }
    },
    close() {
      endWork()
      endProcess()
    },
  }
}

const states: Partial<Record<EventType, string>> = {
  'credentials.issued': 'issued',
  'credentials.registered': 'registered',
  'credentials.refused': 'refused',
  'credentials.revoked': 'revoked',
  'credentials.suspended': 'suspended',
  'credentials.reinstated': 'reinstated',
  'credentials.erased': 'erased',
}

function eventCounters(registry: Registry): Metrics['countEvents'] {
  const events = new Counter({
    ...{ name: 'cartulary_events_total', registers: [registry] },
    ...{ help: 'Events that got their place in the audit log.', labelNames: ['type'] },
  })
  const credentials = new Counter({
    ...{ name: 'cartulary_credentials_total', registers: [registry] },
    ...{ help: 'Credentials by what became of them.', labelNames: ['state'] },
  })
  return (placed) => {
    for (const { type, data } of placed) {
      events.inc({ type })
      const state = states[type as EventType]
      if (state) credentials.inc({ state }, countOf(data))
    }
  }
}

function countOf(data: string): number {
  const { count, credentials } = JSON.parse(data) as { count?: number; credentials?: unknown[] }
  return count ?? credentials?.length ?? 1
}

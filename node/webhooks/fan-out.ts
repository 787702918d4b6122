import type { Job, Queue } from '../jobs/queue.ts'
import type { WebhookDeliveryStore } from '../stores/webhook-deliveries.ts'
import { DELIVERY_JOB } from './deliver.ts'
import { tellAll } from './payload.ts'

interface Deps {
  deliveries: Pick<WebhookDeliveryStore, 'fanOut' | 'forget'>
  queue: Pick<Queue, 'notify'>
  now(): Date
}

export const FAN_OUT_JOB = 'webhooks'
const eventsAtOnce = 100
const sweepMs = 600_000
const day = 86_400_000
/** What was delivered is forgotten after a month, what was given up after three. */
const keptFor = { delivered: 30 * day, dead: 90 * day } as const

/** Reads the audit log in its order and writes what is to be told to whom. */
export function createFanOut({ deliveries, queue, now }: Deps): Job {
  let swept = 0
  return {
    name: FAN_OUT_JOB,
    async run() {
      const at = now()
      if (at.getTime() - swept > sweepMs) {
        swept = at.getTime()
        for (const state of ['delivered', 'dead'] as const)
          await deliveries.forget(state, new Date(at.getTime() - keptFor[state]).toISOString())
      }
      for (let total = 0; ; ) {
        const read = await deliveries.fanOut({ limit: eventsAtOnce, now: now().toISOString(), tell: tellAll })
        total += read
        if (read > 0) queue.notify(DELIVERY_JOB)
        if (read < eventsAtOnce) return total
      }
    },
  }
}

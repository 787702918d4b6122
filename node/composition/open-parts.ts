import type { Wiring } from '../issuer.ts'
import type { Job } from '../jobs/queue.ts'
import type { Issuer } from '../protocols/issuer.ts'
import { openAnonCreds } from './open-anoncreds.ts'
import { openAudit } from './open-audit.ts'
import { openBulk } from './open-bulk.ts'
import { openExchange } from './open-exchange.ts'
import { openIdempotency } from './open-idempotency.ts'
import { openMetrics } from './open-metrics.ts'
import { openRateCounter } from './open-rate-counter.ts'
import { openRecalls } from './open-recalls.ts'
import { openWebhooks } from './open-webhooks.ts'

/** What stands beside the pipeline: what it offers to the protocols, its jobs, and what it must do at the end. */
export interface Part<Doors extends Partial<Issuer> = Partial<Issuer>> {
  doors: Doors
  jobs?: readonly Job[]
  close?(): Promise<void>
}

/** What all of them offer together. */
type DoorsOf<Parts extends readonly Part[]> = Parts extends readonly [
  infer First extends Part,
  ...infer Rest extends readonly Part[],
]
  ? First['doors'] & DoorsOf<Rest>
  : unknown

/** Opens every part, one line each; a part is one folder and one `open-….ts` here. */
export function openParts(wiring: Wiring & { nodeDid: string }) {
  const anoncreds = openAnonCreds(wiring)
  const parts = [
    anoncreds,
    openIdempotency(wiring),
    openRateCounter(wiring),
    openAudit(wiring),
    openWebhooks(wiring),
    openMetrics(wiring),
    openBulk(wiring),
    openRecalls(wiring),
    openExchange(wiring, anoncreds.roles),
  ] as const satisfies readonly Part[]
  const all: readonly Part[] = parts
  return {
    doors: Object.assign({}, ...all.map(({ doors }) => doors)) as DoorsOf<typeof parts>,
    jobs: all.flatMap(({ jobs = [] }) => jobs),
    close: async () => {
      for (const part of all) await part.close?.()
    },
  }
}

export type OpenParts = ReturnType<typeof openParts>

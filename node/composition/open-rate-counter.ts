import { createRateCounter } from '../access/rate-counter.ts'
import type { Wiring } from '../issuer.ts'
import { createRateCountStore } from '../stores/rate-counts.ts'
import type { Part } from './open-parts.ts'

/** Opens what counts requests where several processes answer them; one that is alone counts in its memory. */
export function openRateCounter({ config, foundation, pipeline, logger }: Wiring) {
  if (config.databaseUrl === undefined) return { doors: { rateCounter: undefined } } satisfies Part
  const rateCounter = createRateCounter({
    counts: createRateCountStore(foundation.database),
    now: pipeline.now,
    onAlone: (err) => logger.warn({ err }, 'requests are counted by this process alone'),
  })
  return { doors: { rateCounter }, jobs: [rateCounter.job] } satisfies Part
}

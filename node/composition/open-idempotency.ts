import { createIdempotency } from '../access/idempotency.ts'
import type { Wiring } from '../issuer.ts'
import type { Part } from './open-parts.ts'

/** Opens the memory of requests that may be repeated. */
export function openIdempotency({ config, foundation, stores, pipeline }: Wiring) {
  const idempotency = createIdempotency({
    store: stores.idempotency,
    secrets: foundation.secrets,
    now: pipeline.now,
    alone: config.databaseUrl === undefined,
    keepMs: config.idempotencyHours * 3_600_000,
    limits: { records: config.idempotencyRecords, bytes: config.idempotencyBytes },
  })
  return {
    doors: { idempotency },
    jobs: [idempotency.job],
    close: async () => idempotency.close(),
  } satisfies Part
}

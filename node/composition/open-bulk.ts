import { createBulk } from '../bulk/bulk.ts'
import type { BulkDeps } from '../bulk/bulk-deps.ts'
import { createBulkWork } from '../bulk/bulk-work.ts'
import { forOwner } from '../bulk/for-owner.ts'
import { createJobWatch } from '../bulk/watch-job.ts'
import { eventRow } from '../events/event.ts'
import type { Wiring } from '../issuer.ts'
import { createBulkChunkStore } from '../stores/bulk-chunks.ts'
import { createBulkJobStore } from '../stores/bulk-jobs.ts'
import { appendEvent } from '../stores/events.ts'
import type { Part } from './open-parts.ts'

const LISTENERS = 100
const TENANT_LISTENERS = 25
const POLL_MS = 250
const HEARTBEAT_MS = 15_000

/** Bulk issuance: its door, and the job that issues chunk after chunk. */
export function openBulk({ config, foundation, pipeline, logger }: Wiring) {
  const { now } = pipeline
  const deps: BulkDeps = {
    ...{ pipeline, now, limits: config.bulk },
    jobs: createBulkJobStore(foundation.database),
    chunks: createBulkChunkStore(foundation.database),
    recordEnd: async (trx, job) => {
      const { job_id: subject, state, total, issued, failed, reason } = job
      const data = { state, total, issued, failed, reason }
      await forOwner(job, () => appendEvent(trx, eventRow({ type: 'bulk.ended', subject, data, at: now() })))
    },
  }
  const watch = createJobWatch({
    ...{ listeners: LISTENERS, tenantListeners: TENANT_LISTENERS },
    ...{ pollMs: POLL_MS, heartbeatMs: HEARTBEAT_MS },
  })
  const work = createBulkWork(deps, {
    onError: (err, jobId) => logger.error({ err, jobId }, 'a chunk of a bulk job failed'),
  })
  return {
    doors: { bulk: createBulk(deps, watch) },
    jobs: [work.job],
    close: async () => {
      watch.stop()
      work.stop()
    },
  } satisfies Part
}

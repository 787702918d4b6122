import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { type ErrorCode, IssuerError } from '../errors.ts'
import type { Job } from '../jobs/queue.ts'
import type { BulkChunkRow } from '../stores/bulk-chunks.ts'
import type { BulkJobRow } from '../stores/bulk-jobs.ts'
import { BULK_JOB, type BulkDeps } from './bulk-deps.ts'
import { forOwner } from './for-owner.ts'
import { faultOf, issueChunk } from './issue-chunk.ts'
import { settleChunk } from './settle-chunk.ts'

// So long a run goes on; then the queue asks again, so that a stop need not wait for a large file.
const RUN_MS = 5_000
const POLL_MS = 50
// Chunks at a time: one is read and checked while the database and the signatures of the other are waited for. Issued one
// by one, 100,000 rows took a twentieth longer, in as much memory.
const LANES = 2
// Faults that nobody foresaw are tried so often.
const MOST_ATTEMPTS = 3
// A job that failed for now is left alone so long, twice as long each time.
const PUT_OFF_MS = 200
const LONGEST_PUT_OFF_MS = 5_000
const RECEIVING_MS = 600_000

/** Faults that somebody can mend: the job waits for its owner. */
const mendable: ReadonlySet<string> = new Set<ErrorCode>(['CREDENTIAL_QUOTA_EXCEEDED', 'TENANT_SUSPENDED'])

/** The work on bulk jobs. */
export interface BulkWork {
  readonly job: Job
  /** Lets the chunk under way be recorded, and begins no other. */
  stop(): void
}

interface Worker {
  id: string
  /** Settles what the ledger has decided; those who ask meanwhile wait for the same. */
  settle(): Promise<void>
  /** Jobs that failed for now: until when they are left alone (milliseconds of `performance.now`), and how often they did. */
  putOff: Map<string, { until: number; failures: number }>
  /** Told of every chunk that failed. */
  onError(error: unknown, jobId: string): void
}

/** Makes the job that issues chunk after chunk; any number of processes may run it at the same time. */
export function createBulkWork(deps: BulkDeps, { onError }: Pick<Worker, 'onError'>): BulkWork {
  const worker: Worker = { id: randomUUID(), settle: shared(() => settle(deps)), putOff: new Map(), onError }
  let stopped = false

  async function run(): Promise<number> {
    await forget(deps)
    const end = performance.now() + RUN_MS
    const lanes = await Promise.allSettled(Array.from({ length: LANES }, () => lane(end)))
    const failed = lanes.find(({ status }) => status === 'rejected') as PromiseRejectedResult | undefined
    if (failed) throw failed.reason
    return lanes.reduce((sum, one) => sum + (one.status === 'fulfilled' ? one.value : 0), 0)
  }

  /** One chunk after the other; how many they were. */
  async function lane(end: number): Promise<number> {
    let done = 0
    while (!stopped) {
      const step = await once(deps, worker)
      if (step === 'idle') return done
      if (step === 'worked') done++
      else await delay(POLL_MS)
      if (performance.now() > end) {
        deps.pipeline.queue.notify(BULK_JOB)
        return done
      }
    }
    return done
  }

  return {
    job: { name: BULK_JOB, run },
    stop() {
      stopped = true
    },
  }
}

/** One step: settles what the ledger has decided, then issues one chunk of a tenant for which the ledger keeps up. */
async function once(deps: BulkDeps, worker: Worker): Promise<'worked' | 'waiting' | 'idle'> {
  await worker.settle()
  const now = deps.now()
  const unsettled = await deps.chunks.countUnsettled(now.toISOString())
  const job = await deps.jobs.next({
    now: now.toISOString(),
    without: { tenants: tenantsAhead(deps, unsettled), jobs: leftAlone(worker) },
  })
  if (!job) return unsettled.size > 0 ? 'waiting' : 'idle'
  const chunk = await deps.chunks.claim({
    ...{ jobId: job.job_id, tenantId: job.tenant_id, worker: worker.id, now: now.toISOString() },
    until: new Date(now.getTime() + deps.limits.takeoverMs).toISOString(),
    most: deps.limits.unsettledChunks,
  })
  if (!chunk) return 'waiting'
  await forOwner(job, () => work(deps, { job, chunk, worker }))
  return 'worked'
}

async function settle(deps: BulkDeps): Promise<void> {
  for (const chunk of await deps.chunks.settleable()) await settleChunk(deps, chunk)
  await deps.jobs.finish(deps.now().toISOString(), deps.recordEnd)
}

/** Does something, once at a time, for all who ask while it is done. */
function shared(act: () => Promise<void>): () => Promise<void> {
  let present: Promise<void> | undefined
  return () => {
    present ??= act().finally(() => {
      present = undefined
    })
    return present
  }
}

/** Tenants that have as many chunks ahead of the ledger as one may. */
function tenantsAhead({ limits }: BulkDeps, unsettled: ReadonlyMap<string, number>): string[] {
  return [...unsettled].filter(([, count]) => count >= limits.unsettledChunks).map(([tenantId]) => tenantId)
}

function leftAlone({ putOff }: Worker): string[] {
  const now = performance.now()
  return [...putOff].filter(([, { until }]) => until > now).map(([jobId]) => jobId)
}

/**
 * Issues a chunk. What is wrong with all its rows pauses or ends the job; what is down is tried again later, while others
 * have their turns: it may be down for this tenant alone.
 */
async function work(
  deps: BulkDeps,
  { job, chunk, worker }: { job: BulkJobRow; chunk: BulkChunkRow; worker: Worker },
): Promise<void> {
  const { job_id: jobId } = job
  try {
    const isRecorded = await issueChunk(deps, { job, chunk, worker: worker.id })
    // of a job that has ended: it would count as under way
    if (!isRecorded) await deps.chunks.release(chunk, worker.id)
    worker.putOff.delete(jobId)
  } catch (error) {
    worker.onError(error, jobId)
    // a database that is down frees it in time
    await deps.chunks.release(chunk, worker.id).catch(() => {})
    const isRetryable = error instanceof IssuerError ? error.retryable : chunk.attempts < MOST_ATTEMPTS
    if (isRetryable) putOff(worker, jobId)
    else await end(deps, job, error)
  }
}

function putOff(worker: Worker, jobId: string): void {
  const failures = (worker.putOff.get(jobId)?.failures ?? 0) + 1
  const pause = Math.min(PUT_OFF_MS * 2 ** (failures - 1), LONGEST_PUT_OFF_MS)
  worker.putOff.set(jobId, { until: performance.now() + pause, failures })
}

async function end(deps: BulkDeps, job: BulkJobRow, error: unknown): Promise<void> {
  const { code: reason, detail } = faultOf(error)
  const to = mendable.has(reason) ? 'paused' : 'failed'
  await deps.jobs.change(
    job.job_id,
    { from: ['running', 'paused'], to, reason, detail, at: deps.now().toISOString() },
    to === 'failed' ? deps.recordEnd : undefined,
  )
}

async function forget({ jobs, limits, now }: BulkDeps): Promise<void> {
  const before = (milliseconds: number) => new Date(now().getTime() - milliseconds).toISOString()
  const old = await jobs.forgotten({
    receivingBefore: before(RECEIVING_MS),
    finishedBefore: before(limits.retentionHours * 3_600_000),
  })
  for (const { job_id, state } of old) await jobs.remove(job_id, [state])
}

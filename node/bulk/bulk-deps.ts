import type { PipelineDeps } from '../issuance/pipeline.ts'
import type { BulkChunkStore } from '../stores/bulk-chunks.ts'
import type { BulkJobRow, BulkJobStore } from '../stores/bulk-jobs.ts'
import type { Database } from '../stores/database.ts'
import type { BulkLimits } from './bulk-limits.ts'

/** What bulk issuance stands on. */
export interface BulkDeps {
  pipeline: PipelineDeps
  jobs: BulkJobStore
  chunks: BulkChunkStore
  limits: BulkLimits
  /** Writes in a transaction that a job has ended, for whoever is told of events. */
  recordEnd(trx: Database, job: BulkJobRow): Promise<void>
  now(): Date
}

/** Name of the job that issues chunk after chunk. */
export const BULK_JOB = 'bulk'

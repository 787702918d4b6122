import type { BulkJobRow, BulkState } from '../stores/bulk-jobs.ts'
import type { BulkDeps } from './bulk-deps.ts'
import { parseTerms } from './issue-chunk.ts'

/** A job as its owner sees it. */
export interface BulkJob {
  id: string
  state: BulkState
  issuerDid: string
  schemaId: string
  proofType: string
  dryRun: boolean
  /** How the rows came. */
  type: 'csv' | 'ndjson'
  /** Rows: all, done, issued, failed, and issued with a settled registration. */
  total: number
  n: number
  issued: number
  failed: number
  registered: number
  /** Why it failed or was paused by the node. */
  reason: { code: string; detail: string } | null
  createdAt: string
  updatedAt: string
  finishedAt: string | null
}

/** How quickly a job goes on. */
export interface BulkPace {
  /** Rows a second of late; null while nothing is done. */
  rate: number | null
  /** Seconds until it is done, at this rate. */
  etaSeconds: number | null
  /** How many transactions have registered its credentials. */
  transactions: number
}

/** A job by its row. */
export function describeJob(row: BulkJobRow): BulkJob {
  const { total, issued, failed, registered } = row
  const { proofType, dryRun } = parseTerms(row.terms)
  return {
    ...{ id: row.job_id, state: row.state, issuerDid: row.issuer_did, schemaId: row.schema_id },
    ...{ proofType, dryRun, type: JSON.parse(row.source).type },
    ...{ total, n: issued + failed, issued, failed, registered },
    reason: row.reason === null ? null : { code: row.reason, detail: row.detail ?? '' },
    ...{ createdAt: row.created_at, updatedAt: row.updated_at, finishedAt: row.finished_at },
  }
}

/** The pace of a job, by the chunks that were recorded last. */
export async function paceOf({ chunks }: Pick<BulkDeps, 'chunks'>, job: BulkJob): Promise<BulkPace> {
  const latest = await chunks.latest(job.id)
  const [newest] = latest
  const oldest = latest.at(-1)
  const start = latest.length > 1 && oldest ? oldest.recorded_at : job.createdAt
  // of the oldest one only its end counts
  const counted = latest.length > 1 ? latest.slice(0, -1) : latest
  const rows = counted.reduce((sum, { row_count }) => sum + row_count, 0)
  const milliseconds = newest ? Date.parse(newest.recorded_at) - Date.parse(start) : 0
  const rate = milliseconds > 0 ? (rows * 1_000) / milliseconds : null
  const isUnderWay = job.state === 'running' && rate !== null
  const hashes = (await chunks.transactions(job.id)).flatMap((text) => JSON.parse(text) as string[])
  return {
    rate: rate === null ? null : Math.round(rate * 10) / 10,
    etaSeconds: isUnderWay ? Math.ceil((job.total - job.n) / rate) : null,
    transactions: new Set(hashes).size,
  }
}

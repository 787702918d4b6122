import { IssuerError } from '../errors.ts'
import type { OutboxRow, OutboxStore } from '../stores/outbox.ts'
import type { Job } from './queue.ts'

interface OutboxJobOptions {
  name: string
  outbox: Pick<OutboxStore, 'claimDue' | 'done' | 'retry' | 'bury'>
  /** Does what a row asks for, at least once; what it throws is tried again when it is retryable. */
  handle(row: OutboxRow): Promise<void>
  now(): Date
  /** Rows taken at a time, handled side by side; 16 when left out. */
  limit?: number
  /** Milliseconds after which a row is free again whose holder died; 60,000 when left out. */
  claimMs?: number
  /** Milliseconds before the n-th further attempt; undefined gives the row up. */
  backoff?(attempts: number): number | undefined
  /** Takes no further rows from then on; `handle` has to end soon, too. */
  stopping?: AbortSignal
  /** Told of a row that is given up. */
  onDead?(row: OutboxRow, error: unknown): void
}

/** 1 s, doubled up to 5 minutes, 20 attempts: a little more than an hour. */
const defaultBackoff = (attempts: number) =>
  attempts >= 20 ? undefined : Math.min(1_000 * 2 ** (attempts - 1), 300_000)

/** Makes the job that handles rows of the outbox one by one. */
export function createOutboxJob(options: OutboxJobOptions): Job {
  const { name, outbox, limit = 16, claimMs = 60_000 } = options
  const inFuture = (milliseconds: number) => new Date(options.now().getTime() + milliseconds).toISOString()
  return {
    name,
    async run() {
      for (let handled = 0; ; ) {
        const now = options.now().toISOString()
        const rows = await outbox.claimDue({ job: name, now, until: inFuture(claimMs), limit })
        await Promise.all(rows.map((row) => handleRow(options, row, inFuture)))
        handled += rows.length
        if (rows.length < limit || options.stopping?.aborted) return handled
      }
    },
  }
}

async function handleRow(
  options: OutboxJobOptions,
  row: OutboxRow,
  inFuture: (milliseconds: number) => string,
): Promise<void> {
  const { outbox, backoff = defaultBackoff } = options
  try {
    await options.handle(row)
  } catch (error) {
    const reason = error instanceof IssuerError ? `${error.code}: ${error.message}` : 'INTERNAL_ERROR'
    const pause = !(error instanceof IssuerError) || error.retryable ? backoff(row.attempts) : undefined
    if (pause !== undefined) return outbox.retry(row.id, { dueAt: inFuture(pause), error: reason })
    await outbox.bury(row.id, { at: inFuture(0), error: reason })
    return options.onDead?.(row, error)
  }
  await outbox.done(row.id)
}

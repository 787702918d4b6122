import { IssuerError } from '../errors.ts'
import type { BatchRow, IssuanceTerms, Subject } from '../issuance/issuance.ts'
import { recordBatch } from '../issuance/record-batch.ts'
import type { BulkChunkRow } from '../stores/bulk-chunks.ts'
import type { BulkJobRow } from '../stores/bulk-jobs.ts'
import type { BulkDeps } from './bulk-deps.ts'
import { pack, unpack } from './pack.ts'
import { isFailure, readRow } from './read-row.ts'
import type { Row, RowFailure, RowOutcome, Source } from './row.ts'

/** Thrown in the transaction of a chunk that another worker has, or whose job has ended: nothing of it is recorded. */
class ChunkLost extends Error {}

/**
 * Issues the rows of one chunk and records credentials and outcome in one database transaction, so that a chunk without
 * an outcome has no credentials either and can be done anew. False when the chunk was lost to somebody else.
 * @throws what concerns all rows; nothing is recorded then
 */
export async function issueChunk(
  deps: BulkDeps,
  { job, chunk, worker }: { job: BulkJobRow; chunk: BulkChunkRow; worker: string },
): Promise<boolean> {
  const source: Source = JSON.parse(job.source)
  const rows = await unpack<Row[]>(chunk.rows)
  const read = rows.map((row) => readRow(source, row))
  const subjects = read.filter((row): row is Subject => !isFailure(row))
  const until = () => new Date(deps.now().getTime() + deps.limits.takeoverMs).toISOString()
  const holding = setInterval(
    () => deps.chunks.hold(chunk, { worker, until: until() }).catch(() => {}),
    deps.limits.takeoverMs / 4,
  )
  try {
    const terms = parseTerms(job.terms)
    await recordBatch(deps.pipeline, {
      ...{ ...terms, subjects, inThreads: false },
      also: async (trx, results) => {
        const outcome = outcomesOf(read, results)
        const issued = outcome.filter((row) => typeof row === 'string')
        const recorded = await deps.chunks.record(trx, chunk, {
          ...{ worker, at: deps.now().toISOString(), issued: issued.length },
          failed: outcome.length - issued.length,
          outcome: await pack(outcome),
          credentialId: registers(terms) ? (issued[0] ?? null) : null,
        })
        if (!recorded) throw new ChunkLost()
      },
    })
    return true
  } catch (error) {
    if (error instanceof ChunkLost) return false
    throw error
  } finally {
    clearInterval(holding)
  }
}

/** Terms as they were stored: dates are text in JSON. */
export function parseTerms(text: string): IssuanceTerms {
  const { validFrom, expirationDate, ...terms } = JSON.parse(text)
  return {
    ...terms,
    ...(validFrom && { validFrom: new Date(validFrom) }),
    ...(expirationDate && { expirationDate: new Date(expirationDate) }),
  }
}

function registers({ revocable, suspendable, dryRun }: IssuanceTerms): boolean {
  return (revocable || suspendable) && !dryRun
}

/** One outcome for each row: those without a subject have failed before. */
function outcomesOf(read: readonly (Subject | RowFailure)[], results: readonly BatchRow[]): RowOutcome[] {
  const outcomes = results.values()
  return read.map((row) => (isFailure(row) ? row : outcomeOf(outcomes.next().value as BatchRow)))
}

function outcomeOf(row: BatchRow): RowOutcome {
  if (row.status === 'issued') return row.credentialId
  const { code, detail, violations } = row.error
  return { code, detail, errors: violations.map(({ pointer, message }) => ({ pointer, detail: message })) }
}

/** Why a job ends, or waits for its owner, when what concerns all its rows has failed for good. */
export function faultOf(error: unknown): { code: string; detail: string } {
  if (!(error instanceof IssuerError))
    return { code: 'INTERNAL_ERROR', detail: 'The log of the node tells why.' }
  return { code: error.code, detail: error.message }
}

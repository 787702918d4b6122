import { randomUUID } from 'node:crypto'
import { IssuerError } from '../errors.ts'
import type { IssuanceTerms } from '../issuance/issuance.ts'
import { type Act, presentAct, requestContext } from '../request-context.ts'
import type { BulkUsage } from '../stores/bulk-jobs.ts'
import { createPause } from '../time-slice.ts'
import { BULK_JOB, type BulkDeps } from './bulk-deps.ts'
import { checkOrder, orderError } from './check-order.ts'
import { csvRecords } from './csv-records.ts'
import { decodeUtf8 } from './decode-utf8.ts'
import { ndjsonLines } from './ndjson-lines.ts'
import { pack } from './pack.ts'
import { readColumns } from './read-columns.ts'
import type { Row, Source } from './row.ts'

/** An order: what the credentials have in common, and the rows as they arrive. */
export interface BulkOrder {
  terms: IssuanceTerms
  type: 'csv' | 'ndjson'
  mapping: Readonly<Record<string, string | null>>
  body: AsyncIterable<Uint8Array>
}

// so much text makes a chunk, too, where rows are long
const CHUNK_CHARACTERS = 4_194_304

/**
 * Stores an order row by row, in chunks, and then lets it begin; whatever is wrong with it, nothing of it stays.
 * @throws what `checkTerms` throws, BULK_COLUMNS_INVALID, BULK_LIMIT_REACHED, MALFORMED_REQUEST, PAYLOAD_TOO_LARGE
 */
export async function receiveJob(deps: BulkDeps, order: BulkOrder): Promise<string> {
  const { tenantId, actor, requestId } = requestContext()
  const act = presentAct<{ jobId: string }>('bulk job')
  if (act?.outcome) return act.outcome.jobId
  // before anything is read; what counts is looked at again where it is written
  if ((await deps.jobs.usage(tenantId)).jobs >= deps.limits.jobs) throw tooManyJobs(deps)
  const text = decodeUtf8(order.body, { limit: deps.limits.bytes })
  const { source, rows } = await open(deps, order, text)
  const jobId = randomUUID()
  const at = deps.now().toISOString()
  const row = {
    ...{ job_id: jobId, tenant_id: tenantId, actor, request_id: requestId },
    ...{ issuer_did: order.terms.issuerDid, schema_id: order.terms.schemaId },
    ...{ terms: JSON.stringify(order.terms), source: JSON.stringify(source) },
    ...{ state: 'receiving' as const, created_at: at, updated_at: at, served_at: at },
  }
  if (!(await deps.jobs.insert(row, { most: deps.limits.jobs }))) throw tooManyJobs(deps)
  try {
    await store(deps, { jobId, rows })
    await begin(deps, jobId, act)
  } catch (error) {
    await deps.jobs.remove(jobId, ['receiving'])
    throw error
  }
  deps.pipeline.queue.notify(BULK_JOB)
  return jobId
}

/** From here on workers take its chunks. */
async function begin({ jobs, now }: BulkDeps, jobId: string, act: Act<{ jobId: string }> | undefined) {
  const at = now().toISOString()
  const job = await jobs.change(jobId, { from: ['receiving'], to: 'running', at }, async (trx) => {
    await act?.note({ jobId }, trx)
  })
  if (!job) throw new IssuerError('BULK_JOB_STATE', { facts: { jobId } })
}

function tooManyJobs({ limits: { jobs } }: BulkDeps): IssuerError {
  const detail = `There are ${jobs} jobs already that have not ended.`
  return new IssuerError('BULK_LIMIT_REACHED', { detail, facts: { jobs }, retryAfter: 60 })
}

/** @throws BULK_LIMIT_REACHED */
function checkRows({ limits }: BulkDeps, { rows, kept }: BulkUsage): void {
  const refuse = (most: number, where: string) => {
    const detail = `There are more than ${most} rows in ${where}.`
    throw new IssuerError('BULK_LIMIT_REACHED', { detail, facts: { rows: most }, retryAfter: 60 })
  }
  if (rows > limits.tenantRows) refuse(limits.tenantRows, 'jobs that have not ended')
  if (kept > limits.keptRows) refuse(limits.keptRows, 'jobs that are kept: delete some that have ended')
}

/** Checks everything that all rows have in common, the header included. */
async function open(
  deps: BulkDeps,
  order: BulkOrder,
  text: AsyncGenerator<string>,
): Promise<{ source: Source; rows: AsyncGenerator<Row> }> {
  const { schema, errors } = await checkOrder(deps.pipeline, order.terms)
  if (order.type === 'ndjson') {
    const error = orderError(errors, [])
    if (error) throw error
    return { source: { type: 'ndjson' }, rows: ndjsonLines(text, deps.limits) }
  }
  const records = csvRecords(text, deps.limits)
  const first = await records.next()
  if (first.done) throw empty()
  const { mapping } = order
  const read = schema && readColumns({ header: first.value, mapping, jsonSchema: schema.jsonSchema })
  const error = orderError(errors, read?.violations ?? [])
  if (!error && read) return { source: { type: 'csv', columns: read.columns }, rows: records }
  await records.return(undefined)
  throw error
}

function empty(): IssuerError {
  return new IssuerError('MALFORMED_REQUEST', { detail: 'There are no rows.' })
}

async function store(
  deps: BulkDeps,
  { jobId, rows }: { jobId: string; rows: AsyncGenerator<Row> },
): Promise<void> {
  const pause = createPause()
  let chunk: Row[] = []
  let characters = 0
  let stored = { chunks: 0, rows: 0 }
  const flush = async () => {
    stored = await addChunk(deps, { jobId, rows: chunk, stored })
    chunk = []
    characters = 0
  }
  for await (const row of rows) {
    chunk.push(row)
    characters += typeof row === 'string' ? row.length : row.reduce((sum, cell) => sum + cell.length + 1, 0)
    if (chunk.length >= deps.limits.chunkRows || characters >= CHUNK_CHARACTERS) await flush()
    await pause()
  }
  if (chunk.length > 0) await flush()
  if (stored.rows === 0) throw empty()
}

interface Stored {
  chunks: number
  rows: number
}

async function addChunk(
  deps: BulkDeps,
  { jobId, rows, stored }: { jobId: string; rows: readonly Row[]; stored: Stored },
): Promise<Stored> {
  const { limits } = deps
  const after = { chunks: stored.chunks + 1, rows: stored.rows + rows.length }
  if (after.rows > limits.rows) {
    const detail = `There are more than ${limits.rows} rows.`
    throw new IssuerError('PAYLOAD_TOO_LARGE', { detail, facts: { rows: limits.rows } })
  }
  const chunk = {
    ...{ job_id: jobId, number: after.chunks, first_row: stored.rows + 1, row_count: rows.length },
    rows: await pack(rows),
  }
  const check = (usage: BulkUsage) => checkRows(deps, usage)
  if (!(await deps.chunks.add(chunk, { at: deps.now().toISOString(), check })))
    throw new IssuerError('BULK_JOB_STATE', { facts: { jobId } })
  return after
}

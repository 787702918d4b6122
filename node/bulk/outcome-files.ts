import { stringify } from 'csv-stringify/sync'
import { IssuerError } from '../errors.ts'
import type { Json, JsonObject } from '../json.ts'
import { parseSecured } from '../secured-text.ts'
import type { BulkChunkRow } from '../stores/bulk-chunks.ts'
import type { BulkJobRow } from '../stores/bulk-jobs.ts'
import { parseStrictJson } from '../tokens/strict-json.ts'
import type { BulkDeps } from './bulk-deps.ts'
import { unpack } from './pack.ts'
import { type Row, type RowFailure, type RowOutcome, reserved, type Source } from './row.ts'

/** How a file is written. */
export type FileType = 'csv' | 'ndjson'

interface Input {
  job: BulkJobRow
  type: FileType
}

type Deps = Pick<BulkDeps, 'chunks'>

// Cells that a spreadsheet would take for formulas stay as they are: nothing but ids and hashes is in the one file, and
// the other one gives back what was sent, to be sent again.
// The library quotes a cell for the whole end of a line alone, and readers take half of one for an end, too.
const csv = (rows: readonly (readonly unknown[])[]): string =>
  stringify(rows as unknown[][], { record_delimiter: 'windows', quoted_match: /[\r\n]/ })

const ndjson = (objects: readonly object[]): string =>
  objects.map((object) => `${JSON.stringify(object)}\n`).join('')

const successColumns = [
  'row',
  'holderDid',
  'credentialId',
  'statusListId',
  'statusListIndex',
  'registration',
  'transactionHash',
]

/** The rows that were issued, with their credentials if these are asked for; chunk by chunk, in the order of the rows. */
export async function* successFile(
  deps: Deps,
  { job, type, withCredentials }: Input & { withCredentials: boolean },
): AsyncGenerator<string> {
  const columns = withCredentials ? [...successColumns, 'credential'] : successColumns
  if (type === 'csv') yield csv([columns])
  for await (const chunk of chunksOf(deps, job)) {
    const objects = await successes(deps, chunk, withCredentials)
    if (objects.length === 0) continue
    yield type === 'ndjson'
      ? ndjson(objects)
      : csv(objects.map((object) => columns.map((name) => cell(object[name]))))
  }
}

function cell(value: Json | undefined): string | number {
  if (typeof value === 'number' || typeof value === 'string') return value
  return value === null || value === undefined ? '' : JSON.stringify(value)
}

async function successes(deps: Deps, chunk: BulkChunkRow, withCredentials: boolean): Promise<JsonObject[]> {
  if (chunk.outcome === null) return []
  const outcome = await unpack<RowOutcome[]>(chunk.outcome)
  const issued = outcome.flatMap((row, place) =>
    typeof row === 'string' ? [{ row: chunk.first_row + place, id: row }] : [],
  )
  const found = await deps.chunks.registrations(
    issued.map(({ id }) => id),
    withCredentials,
  )
  const byId = new Map(found.map((each) => [each.credential_id, each]))
  return issued.map(({ row, id: credentialId }) => {
    const of = byId.get(credentialId)
    // a rehearsed row has no credential
    if (!of) return { row }
    return {
      ...{ row, holderDid: of.holder_did, credentialId },
      ...{ statusListId: of.status_list_id, statusListIndex: of.status_index },
      registration:
        of.status_list_id === null ? 'none' : of.state === 'registered' ? 'registered' : 'pending',
      transactionHash: of.transaction_hash,
      ...(withCredentials && {
        credential: parseSecured(of.secured),
      }),
    }
  })
}

/**
 * The rows that were not issued, as they came, with the reasons before them: once they are corrected, the file can be
 * sent again, since what the reasons stand in is passed over.
 */
export async function* failureFile(deps: Deps, { job, type }: Input): AsyncGenerator<string> {
  const source: Source = JSON.parse(job.source)
  const writer = writers[source.type][type]
  const head = writer.head(source)
  if (head) yield head
  for await (const chunk of chunksOf(deps, job)) {
    const failures = await failuresOf(job, chunk)
    if (failures.length > 0) yield writer.write(failures, source)
  }
}

interface FailedRow {
  number: number
  row: Row
  failure: RowFailure
}

async function failuresOf(job: BulkJobRow, chunk: BulkChunkRow): Promise<FailedRow[]> {
  if (chunk.outcome === null) return notIssued(job, chunk)
  const outcome = await unpack<RowOutcome[]>(chunk.outcome)
  const failed = outcome.flatMap((failure, place) =>
    typeof failure === 'string' ? [] : [{ failure, place }],
  )
  const rows = failed.length > 0 ? await unpack<Row[]>(chunk.rows) : []
  // of a settled chunk only the rows that failed are kept
  const isWhole = rows.length === chunk.row_count
  return failed.map(({ failure, place }, position) => ({
    number: chunk.first_row + place,
    row: rows[isWhole ? place : position] as Row,
    failure,
  }))
}

/** Rows that a job left behind when it was ended. */
async function notIssued(job: BulkJobRow, chunk: BulkChunkRow): Promise<FailedRow[]> {
  if (job.state !== 'cancelled' && job.state !== 'failed') return []
  const failure: RowFailure =
    job.state === 'cancelled'
      ? { code: 'NOT_ISSUED', detail: 'The job was cancelled before this row.', errors: [] }
      : { code: 'NOT_ISSUED', detail: `The job failed before this row: ${job.reason}.`, errors: [] }
  const rows = await unpack<Row[]>(chunk.rows)
  return rows.map((row, place) => ({ number: chunk.first_row + place, row, failure }))
}

async function* chunksOf({ chunks }: Deps, job: BulkJobRow): AsyncGenerator<BulkChunkRow> {
  for (let last = 0; ; ) {
    const chunk = await chunks.after(job.job_id, last)
    if (!chunk) return
    yield chunk
    last = chunk.number
  }
}

const reasonColumns = ['row', 'code', 'reason'].map((name) => reserved + name)

/** All reasons in one cell. */
function reasonText({ detail, errors }: RowFailure): string {
  return `${detail} ${errors.map((error) => `${error.pointer} ${error.detail}`.trim()).join('; ')}`.trim()
}

const reasonCells = ({ number, failure }: FailedRow) => [number, failure.code, reasonText(failure)]
const failureMember = `${reserved}failure`
const reasonMember = ({ number, failure }: FailedRow) => ({ [failureMember]: { row: number, ...failure } })

interface Writer {
  head(source: Source): string | undefined
  write(rows: readonly FailedRow[], source: Source): string
}

const columnsOf = (source: Source) => (source.type === 'csv' ? source.columns : [])

/** By how the rows came, and how they are wanted. */
const writers: Record<Source['type'], Record<FileType, Writer>> = {
  csv: {
    csv: {
      head: (source) =>
        csv([
          [
            ...reasonColumns,
            ...kept(
              columnsOf(source).map(({ name }) => name),
              source,
            ),
          ],
        ]),
      write: (rows, source) =>
        csv(rows.map((row) => [...reasonCells(row), ...kept(row.row as readonly string[], source)])),
    },
    ndjson: {
      head: () => undefined,
      write: (rows, source) => {
        const names = columnsOf(source).map(({ name }) => name)
        return ndjson(rows.map((row) => ({ ...reasonMember(row), columns: names, cells: row.row })))
      },
    },
  },
  ndjson: {
    ndjson: {
      head: () => undefined,
      write: (rows) => rows.map(withReasons).join(''),
    },
    csv: {
      head: () => csv([[...reasonColumns, 'line']]),
      write: (rows) => csv(rows.map((row) => [...reasonCells(row), row.row])),
    },
  },
}

/** Without the reasons of an earlier time. */
function kept(cells: readonly string[], source: Source): string[] {
  return cells.filter((_, place) => !columnsOf(source)[place]?.name.startsWith(reserved))
}

/** A line with the reasons as its first member; where it is no JSON object, its text as the second. */
function withReasons(failed: FailedRow): string {
  const line = failed.row as string
  const reasons = JSON.stringify(reasonMember(failed)).slice(0, -1)
  const members = membersOf(line)
  if (members === undefined)
    return `${reasons},${JSON.stringify(`${reserved}line`)}:${JSON.stringify(line)}}\n`
  const { [failureMember]: earlier, ...others } = members
  if (Object.keys(others).length === 0) return `${reasons}}\n`
  // the text itself where it can be kept: numbers have more digits than a number of JavaScript
  const rest = earlier === undefined ? line.slice(line.indexOf('{') + 1) : JSON.stringify(others).slice(1)
  return `${reasons},${rest}\n`
}

function membersOf(line: string): Record<string, unknown> | undefined {
  try {
    const value = parseStrictJson(line)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as Record<string, unknown>) : undefined
  } catch (error) {
    if (error instanceof IssuerError) return undefined
    throw error
  }
}

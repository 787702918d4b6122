import * as z from 'zod'
import { IssuerError } from '../errors.ts'
import type { Subject } from '../issuance/issuance.ts'
import type { Json, JsonObject } from '../json.ts'
import { pointerTo } from '../schemas/json-pointer.ts'
import { parseStrictJson } from '../tokens/strict-json.ts'
import { readCell } from './read-cell.ts'
import { type Column, type Row, type RowFailure, reserved, type Source } from './row.ts'

// DID Core, 3.1
const did = z
  .string('must be a DID')
  .max(2_048)
  .regex(/^did:[a-z0-9]+:[A-Za-z0-9._:%-]*[A-Za-z0-9._%-]$/, 'must be a DID')
const subject = z
  .strictObject({
    holderDid: did.optional(),
    subjectDid: did.optional(),
    claims: z.record(z.string(), z.unknown(), 'must be an object'),
  })
  .refine(({ holderDid, subjectDid }) => (holderDid ?? subjectDid) !== undefined, {
    path: ['holderDid'],
    message: 'is required',
  })
  .refine(({ holderDid, subjectDid }) => !holderDid || !subjectDid || holderDid === subjectDid, {
    path: ['subjectDid'],
    message: 'holderDid and subjectDid are two names of one thing: give one',
  })

/** The subject of a row, or why it has none. */
export function readRow(source: Source, row: Row): Subject | RowFailure {
  try {
    return checked(typeof row === 'string' ? fromLine(row) : fromRecord(source, row))
  } catch (error) {
    if (!(error instanceof IssuerError)) throw error
    return failure(
      error.message,
      error.violations.map(({ pointer, message: detail }) => ({ pointer, detail })),
    )
  }
}

/** Whether a row has no subject. */
export function isFailure(read: Subject | RowFailure): read is RowFailure {
  return 'code' in read
}

function failure(detail: string, errors: RowFailure['errors'] = []): RowFailure {
  return { code: 'MALFORMED_REQUEST', detail, errors }
}

function checked(value: unknown): Subject | RowFailure {
  const parsed = subject.safeParse(value)
  if (!parsed.success)
    return failure('This row is not well formed.', parsed.error.issues.flatMap(violationsOf))
  const { holderDid, subjectDid, claims } = parsed.data
  return { holderDid: (holderDid ?? subjectDid) as string, claims: claims as JsonObject }
}

function violationsOf({ path, message, ...issue }: z.core.$ZodIssue): RowFailure['errors'] {
  const pointer = path.reduce<string>((parent, member) => pointerTo(parent, String(member)), '')
  if (issue.code !== 'unrecognized_keys') return [{ pointer, detail: message }]
  return issue.keys.map((key) => ({
    pointer: pointerTo(pointer, key),
    detail: 'This name is not known here.',
  }))
}

function fromLine(line: string): unknown {
  const value = parseStrictJson(line)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).filter(([name]) => !name.startsWith(reserved)))
}

function fromRecord(source: Source, cells: readonly string[]): unknown {
  const { columns } = source as Extract<Source, { type: 'csv' }>
  if (cells.length !== columns.length) {
    // those of a file of failures are not the sender's
    const passed = columns.filter(({ name }) => name.startsWith(reserved)).length
    const [has, needs] = [Math.max(0, cells.length - passed), columns.length - passed]
    const detail = `This row has ${has} cells, and the header ${needs}.`
    throw new IssuerError('MALFORMED_REQUEST', { detail })
  }
  const claims: JsonObject = {}
  let holderDid: string | undefined
  for (const [place, { target }] of columns.entries()) {
    const text = cells[place] as string
    if (target === 'holder') holderDid = text.trim() || undefined
    else if (target !== null) put(claims, target, text)
  }
  return { holderDid, claims: withoutGaps(claims) }
}

function put(
  claims: JsonObject,
  { path, type }: Exclude<Column['target'], null | 'holder'>,
  text: string,
): void {
  const value = readCell(text, type)
  if (value === undefined) return
  let at = claims as Record<string | number, Json>
  for (const [i, member] of path.slice(0, -1).entries()) {
    if (!Object.hasOwn(at, member)) at[member] = typeof path[i + 1] === 'number' ? [] : {}
    at = at[member] as Record<string | number, Json>
  }
  at[path.at(-1) as string | number] = value
}

/** Elements whose cells are empty are left out of their array. */
function withoutGaps<T extends Json | undefined>(value: T): T {
  if (Array.isArray(value))
    return value.filter((element) => element !== undefined).map(withoutGaps) as Json as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withoutGaps(member)])) as T
}

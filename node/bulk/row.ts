import type { Json } from '../json.ts'

/** A row as it came: the cells of a CSV record, or the text of a line of NDJSON. */
export type Row = readonly string[] | string

/** What the schema says of the value of a cell. */
export interface CellType {
  /** Names of JSON types; none when the schema leaves it open. */
  types: readonly string[]
  /** Values of `enum` and `const` that are no text. */
  literals: readonly Json[]
  /** Of the elements of an array. */
  items?: CellType
}

/** A column and where its values go: nowhere, into the holder, or into the claims; numbers are places in an array. */
export interface Column {
  name: string
  target: null | 'holder' | { path: readonly (string | number)[]; type: CellType }
}

/** How the rows of a job are written. */
export type Source = { type: 'ndjson' } | { type: 'csv'; columns: readonly Column[] }

/** Why a row was not issued. */
export interface RowFailure {
  code: string
  detail: string
  errors: readonly { pointer: string; detail: string }[]
}

/** What became of a row: the id of its credential, or why it has none. */
export type RowOutcome = string | RowFailure

/** Columns and members of this name are of failure files: they are passed over when such a file is sent again. */
export const reserved = 'cartulary:'

import { IssuerError } from '../errors.ts'
import type { Json } from '../json.ts'
import { parseStrictJson } from '../tokens/strict-json.ts'
import type { CellType } from './row.ts'

/**
 * The value of a cell, by what the schema expects there; undefined for an empty one, which leaves its member out. Text
 * that is no such value stays text, so that the schema says what is wrong with it, together with all the rest.
 */
export function readCell(text: string, type: CellType): Json | undefined {
  if (text === '') return type.types.includes('null') ? null : undefined
  const trimmed = text.trim()
  const literal = type.literals.find((value) => JSON.stringify(value) === trimmed)
  if (literal !== undefined) return literal
  if (type.types.length === 0 || type.types.includes('string')) return text
  for (const name of type.types) {
    const value = readers[name]?.(trimmed, type)
    if (value !== undefined) return value
  }
  return text
}

const readers: Readonly<Record<string, (text: string, type: CellType) => Json | undefined>> = {
  integer: (text) =>
    /^-?\d{1,16}$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined,
  number: (text) => (/^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text) ? finite(Number(text)) : undefined),
  boolean: (text) => (/^(true|false)$/i.test(text) ? text.toLowerCase() === 'true' : undefined),
  null: (text) => (text === 'null' ? null : undefined),
  object: (text) => (text.startsWith('{') ? parseJson(text) : undefined),
  array: (text, { items = anything }) =>
    text.startsWith('[')
      ? parseJson(text)
      : text
          .split(';')
          .map((part) => readCell(part.trim(), items))
          .filter((value) => value !== undefined),
}

const anything: CellType = { types: [], literals: [] }

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined
}

function parseJson(text: string): Json | undefined {
  try {
    return parseStrictJson(text) as Json
  } catch (error) {
    if (error instanceof IssuerError) return undefined
    throw error
  }
}

import type { JsonObject } from '../json.ts'
import type { StatusPurpose } from '../ledger/ledger.ts'
import { malformedStatus } from './malformed-status.ts'
import type { StatusReference } from './status-list.ts'

const MAX_INDEX = 0xffff_ffff
const MAX_URL = 2048

/** Purposes that are read here. */
export const isStatusPurpose = (value: unknown): value is StatusPurpose =>
  value === 'revocation' || value === 'suspension'

/**
 * The purpose and index that entries of all W3C kinds have in common; undefined for an entry of another type.
 * @throws MALFORMED_REQUEST
 */
export function parseIndexedEntry(
  entry: JsonObject,
  type: string,
): (Pick<StatusReference, 'index'> & { purpose: StatusPurpose }) | { unsupported: string } | undefined {
  if (![entry.type].flat().includes(type)) return undefined
  const { statusPurpose: purpose, statusSize: size = 1 } = entry
  if (typeof purpose !== 'string') throw malformedStatus('entry has no statusPurpose')
  if (!isStatusPurpose(purpose))
    return { unsupported: `entries with the purpose ${shown(purpose)} are not read here` }
  if (size !== 1) return { unsupported: 'entries of more than one bit (statusSize) are not read here' }
  return { index: parseIndex(entry.statusListIndex), purpose }
}

/** A text from outside, short enough to repeat. */
const shown = (text: string): string => JSON.stringify(text.slice(0, 40))

/** @throws MALFORMED_REQUEST unless it is an address of at most 2,048 characters */
export function parseUrl(value: unknown, name: string): string {
  if (typeof value !== 'string' || value.length > MAX_URL || !URL.canParse(value)) {
    throw malformedStatus(`entry has no usable ${name}`)
  }
  return value
}

function parseIndex(index: unknown): number {
  const digits = typeof index === 'string' && /^(0|[1-9][0-9]{0,9})$/.test(index)
  if (!digits || Number(index) > MAX_INDEX) throw malformedStatus('entry has no usable statusListIndex')
  return Number(index)
}

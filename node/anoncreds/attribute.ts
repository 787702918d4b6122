import { createHash } from 'node:crypto'
import { IssuerError } from '../errors.ts'
import { fromBytes } from './integer.ts'

/** The attribute that every credential hides: the holder's link secret. */
export const linkSecretName = 'master_secret'

/** The name under which an attribute stands in keys and proofs: lower case, without spaces. */
export function normaliseName(name: string): string {
  return name.replaceAll(' ', '').toLowerCase()
}

/** Normalised names in alphabetical order. @throws MALFORMED_REQUEST when two of them collide */
export function normaliseNames(names: readonly string[]): string[] {
  const normalised = names.map(normaliseName)
  if (new Set([...normalised, linkSecretName]).size !== names.length + 1) {
    throw new IssuerError('MALFORMED_REQUEST', {
      detail: `Attribute names must differ by more than case and spaces, and none may be ${linkSecretName}.`,
    })
  }
  return normalised.sort((a, b) => (a < b ? -1 : 1))
}

/** What Rust parses as an integer: an optional sign and ASCII digits, zeros in front as many as you like. */
const integerText = /^([+-]?)0*(\d{1,10})$/

/** The integer a raw value is, when it is one of 32 bits. */
export function parseInteger(raw: string): number | undefined {
  const [, sign, digits] = integerText.exec(raw) ?? []
  if (digits === undefined) return undefined
  const value = (sign === '-' ? -1 : 1) * Number(digits)
  return -(2 ** 31) <= value && value < 2 ** 31 ? value : undefined
}

/**
 * A raw value as the integer that is signed, in decimal: itself when it is a 32-bit integer, else the SHA-256 of its
 * UTF-8 bytes, big-endian.
 */
export function encodeAttribute(raw: string): string {
  const integer = parseInteger(raw)
  if (integer !== undefined) return String(integer + 0)
  return fromBytes(createHash('sha256').update(raw, 'utf8').digest()).toString()
}

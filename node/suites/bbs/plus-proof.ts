import { maxMessages } from './generators.ts'

const pointLength = 48

/** A proof of BBS+, as far as its form tells: how many messages were signed, and which are disclosed. */
export interface PlusProof {
  octets: Uint8Array
  count: number
  /** Places of the disclosed messages, ascending. */
  indexes: readonly number[]
}

/**
 * Reads `count ‖ bits ‖ proof` (as `@mattrglobal/bbs-signatures` writes it: two octets, then a bit for each message,
 * the first one last). Undefined for what the library might not survive.
 */
export function parsePlusProof(octets: Uint8Array): PlusProof | undefined {
  if (octets.length < 2) return undefined
  const count = ((octets[0] as number) << 8) | (octets[1] as number)
  const width = Math.floor(count / 8) + 1
  // three points and two lists of points and scalars follow
  if (count === 0 || count > maxMessages || octets.length < 2 + width + 5 * pointLength) return undefined
  const bits = octets.subarray(2, 2 + width)
  const isDisclosed = (place: number) => ((bits[width - 1 - (place >> 3)] as number) >> (place & 7)) % 2 === 1
  const indexes = Array.from({ length: count }, (_, place) => place).filter(isDisclosed)
  return { octets, count, indexes }
}

import { createHash, randomBytes } from 'node:crypto'
import * as z from 'zod'

/** Longest integer that is read: a response in a proof has at most 3,062 bits, a modulus at most 4,096. */
const longestDecimal = 1300

/** An integer as AnonCreds JSON writes it: a decimal string, which may begin with `-`. */
export const decimal = z
  .string()
  .max(longestDecimal)
  .regex(/^-?\d+$/, 'must be an integer in decimal')

/** A decimal that is not negative. */
export const natural = z.string().max(longestDecimal).regex(/^\d+$/, 'must be a natural number in decimal')

/** Big-endian bytes without leading zeros, of the absolute value; none at all for 0, as OpenSSL writes it. */
export function minimalBytes(value: bigint): Buffer {
  const absolute = value < 0n ? -value : value
  if (absolute === 0n) return Buffer.alloc(0)
  const hex = absolute.toString(16)
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
}

export function fromBytes(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
}

/** SHA-256 over the minimal bytes of integers, one after the other, as an integer. */
export function hashIntegers(values: readonly bigint[]): bigint {
  const hash = createHash('sha256')
  for (const value of values) hash.update(minimalBytes(value))
  return fromBytes(hash.digest())
}

/** Uniform in [0, 2^bits). */
export function randomBits(bits: number): bigint {
  return fromBytes(randomBytes(Math.ceil(bits / 8))) & ((1n << BigInt(bits)) - 1n)
}

/** Uniform in [0, limit), by rejection. */
export function randomBelow(limit: bigint): bigint {
  const bits = limit.toString(2).length
  for (;;) {
    const candidate = randomBits(bits)
    if (candidate < limit) return candidate
  }
}

/** Whether |value| < 2^bits. */
export function isShort(value: bigint, bits: number): boolean {
  const bound = 1n << BigInt(bits)
  return -bound < value && value < bound
}

/** The sum of integers. */
export function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n)
}

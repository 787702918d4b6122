import { constants, createPublicKey, publicEncrypt } from 'node:crypto'
import { fromBytes, minimalBytes } from './integer.ts'

const base64url = (value: bigint): string => minimalBytes(value).toString('base64url')

/** OpenSSL's RSA operation without padding is base^exponent mod n, for 1 < exponent < n. */
function opensslPower(base: bigint, exponent: bigint, modulus: bigint): bigint {
  const key = createPublicKey({
    key: { kty: 'RSA', n: base64url(modulus), e: base64url(exponent) },
    format: 'jwk',
  })
  const length = minimalBytes(modulus).length
  const input = Buffer.alloc(length)
  const bytes = minimalBytes(base)
  bytes.copy(input, length - bytes.length)
  return fromBytes(publicEncrypt({ key, padding: constants.RSA_NO_PADDING }, input))
}

/** Greatest common divisor of numbers that are not negative. */
export function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b]
  while (y !== 0n) [x, y] = [y, x % y]
  return x
}

/** The residue in [0, modulus). */
export function residue(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus
  return rest < 0n ? rest + modulus : rest
}

/** Undefined when the value has no inverse. */
export function inverse(value: bigint, modulus: bigint): bigint | undefined {
  let [a, b] = [residue(value, modulus), modulus]
  let [x, y] = [1n, 0n]
  while (b !== 0n) {
    const quotient = a / b
    ;[a, b] = [b, a - quotient * b]
    ;[x, y] = [y, x - quotient * y]
  }
  return a === 1n ? residue(x, modulus) : undefined
}

/** Arithmetic modulo an odd n. */
export interface Group {
  readonly modulus: bigint
  /**
   * base^exponent for exponents of any length and sign. Not in constant time: the docs tell where that matters.
   * @throws RangeError when the exponent is negative and the base has no inverse
   */
  power(base: bigint, exponent: bigint): bigint
  /** The product of powers; [base, exponent] each. */
  product(...powers: readonly (readonly [base: bigint, exponent: bigint])[]): bigint
}

/** How many shifted bases are remembered: S, Z and Rctxt of a definition and what is raised to a long power once. */
const SHIFTED_BASES = 16

function invert(base: bigint, modulus: bigint): bigint {
  const inverted = inverse(base, modulus)
  if (inverted === undefined) throw new RangeError('The base has no inverse.')
  return inverted
}

/**
 * A group by OpenSSL, about three times as fast as BigInt with windows: 0.65, 1.4 and 4.4 ms for exponents of 256, 597
 * and 2,040 bits with a modulus of 2,050 (Node 24.21). Its exponents must be below n, so longer ones are split, and
 * the base of the upper half is remembered.
 */
export function openGroup(modulus: bigint): Group {
  const half = BigInt(modulus.toString(2).length - 1)
  const shifted = new Map<bigint, bigint>()

  function shiftedBase(base: bigint): bigint {
    const known = shifted.get(base)
    if (known !== undefined) return known
    const made = opensslPower(opensslPower(base, 1n << (half - 1n), modulus), 2n, modulus)
    const [oldest] = shifted.keys()
    if (shifted.size >= SHIFTED_BASES && oldest !== undefined) shifted.delete(oldest)
    shifted.set(base, made)
    return made
  }

  function positivePower(base: bigint, exponent: bigint): bigint {
    if (exponent === 0n) return 1n
    if (exponent === 1n || base <= 1n) return base
    const upper = exponent >> half
    if (upper === 0n) return opensslPower(base, exponent, modulus)
    const lower = exponent - (upper << half)
    return (positivePower(base, lower) * positivePower(shiftedBase(base), upper)) % modulus
  }

  function power(base: bigint, exponent: bigint): bigint {
    const reduced = residue(base, modulus)
    if (exponent >= 0n) return positivePower(reduced, exponent)
    return positivePower(invert(reduced, modulus), -exponent)
  }

  return {
    modulus,
    power,
    product: (...powers) =>
      powers.reduce((result, [base, exponent]) => (result * power(base, exponent)) % modulus, 1n),
  }
}

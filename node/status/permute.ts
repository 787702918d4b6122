import { createCipheriv } from 'node:crypto'

const ROUNDS = 8

/**
 * A keyed bijection on [0, size): a balanced Feistel network whose round functions are tables drawn from the
 * AES-256-CTR key stream of `secret` (32 bytes, used for nothing else), with cycle walking for sizes that are no
 * power of four (Black and Rogaway, Ciphers with Arbitrary Finite Domains, 2002). It hides the order of
 * issuance; it protects nothing else.
 */
export function createPermutation(secret: Uint8Array, size: number): (position: number) => number {
  if (!Number.isSafeInteger(size) || size < 1 || size > 2 ** 28) throw new RangeError('size out of range')
  const halfBits = Math.max(1, Math.ceil(Math.log2(size) / 2))
  const half = 2 ** halfBits
  const mask = half - 1
  const tables = keyStream(secret, ROUNDS * half)

  const encipher = (value: number): number => {
    let left = value >> halfBits
    let right = value & mask
    for (let round = 0; round < ROUNDS; round++) {
      const next = left ^ ((tables[round * half + right] as number) & mask)
      left = right
      right = next
    }
    return (left << halfBits) | right
  }

  return (position) => {
    if (!Number.isInteger(position) || position < 0 || position >= size)
      throw new RangeError('position out of range')
    let value = position
    do value = encipher(value)
    while (value >= size)
    return value
  }
}

function keyStream(secret: Uint8Array, words: number): Uint16Array {
  const bytes = createCipheriv('aes-256-ctr', secret, Buffer.alloc(16)).update(Buffer.alloc(words * 2))
  return Uint16Array.from({ length: words }, (_, word) => bytes.readUInt16LE(word * 2))
}

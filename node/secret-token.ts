import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/**
 * A secret token: a prefix and 256 random bits as base64url (RFC 4648, 5). A plain hash suffices to store it,
 * as there is nothing to guess in it.
 */
export function createToken(prefix: string): string {
  return prefix + randomBytes(32).toString('base64url')
}

/** SHA-256 of a token, in hex: the only form in which a token is kept. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

/** Compares two hashes in constant time. */
export function equalHashes(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left, 'hex'), Buffer.from(right, 'hex')]
  return a.length === b.length && timingSafeEqual(a, b)
}

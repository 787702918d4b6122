import { ECDH, type KeyObject } from 'node:crypto'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { keccak_256 } from '@noble/hashes/sha3.js'
import type { Json, JsonObject } from '../json.ts'
import { verificationKey } from './verification-key.ts'

/** CAIP-10 name of an account of an EVM chain. */
const accountId = /^eip155:\d{1,32}:(0x[0-9a-fA-F]{40})$/

/** Lower-case address of an uncompressed point, without the byte in front (Yellow Paper, appendix F). */
const addressOf = (point: Uint8Array): string =>
  `0x${Buffer.from(keccak_256(point.subarray(1))).toString('hex', 12)}`

function addressOfKey(key: KeyObject): string {
  const { x = '', y = '' } = key.export({ format: 'jwk' })
  return addressOf(Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]))
}

/** The account that a recovery method names instead of a key; undefined for other methods. */
function namedAccount(id: Json | undefined): string | undefined {
  return typeof id === 'string' ? accountId.exec(id)?.[1]?.toLowerCase() : undefined
}

/**
 * The address of the account behind a verification method, lower-case: the one that it names as `blockchainAccountId`,
 * or that of its secp256k1 key.
 */
export function accountOf(method: JsonObject): string | undefined {
  const named = namedAccount(method.blockchainAccountId)
  if (named !== undefined || method.blockchainAccountId !== undefined) return named
  const key = verificationKey(method)
  return key?.type === 'secp256k1' ? addressOfKey(key.key) : undefined
}

/** The address of whoever signed a digest: `signature` is `r ‖ s`, 64 bytes with low `s`, `recovery` 0 or 1. */
export function recoverAccount(
  digest: Uint8Array,
  signature: Uint8Array,
  recovery: number,
): string | undefined {
  try {
    const { r, s } = secp256k1.Signature.fromBytes(signature, 'compact')
    const recoverable = new secp256k1.Signature(r, s, recovery)
    if (recoverable.hasHighS()) return undefined
    const compressed = recoverable.recoverPublicKey(digest).toBytes(true)
    return addressOf(ECDH.convertKey(compressed, 'secp256k1', undefined, undefined, 'uncompressed') as Buffer)
  } catch {
    return undefined
  }
}

/**
 * Whether a digest was signed by the account that a method names. Its signature has no recovery id (JWS, RFC 8812), so
 * both are tried; false for a method that names a key.
 */
export function isSignedByAccount(method: JsonObject, digest: Uint8Array, signature: Uint8Array): boolean {
  const account = namedAccount(method.blockchainAccountId)
  if (account === undefined || signature.length !== 64) return false
  return [0, 1].some((recovery) => recoverAccount(digest, signature, recovery) === account)
}

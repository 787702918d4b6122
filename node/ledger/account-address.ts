import { ECDH } from 'node:crypto'
import { hexToBytes, keccak256 } from 'viem'
import type { Address } from './ledger.ts'

/** Lower-case address of a secp256k1 public key, 33 or 65 bytes (Yellow Paper, appendix F: last 20 of Keccak-256). */
export function accountAddress(publicKey: Uint8Array): Address {
  const point = ECDH.convertKey(publicKey, 'secp256k1', undefined, undefined, 'uncompressed') as Buffer
  return `0x${Buffer.from(hexToBytes(keccak256(point.subarray(1)))).toString('hex', 12)}`
}

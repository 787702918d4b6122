import { type KeyObject, sign } from 'node:crypto'
import type { MessageKeyType } from './key-store.ts'

const SECP256K1_ORDER = 0xffff_ffff_ffff_ffff_ffff_ffff_ffff_fffe_baae_dce6_af48_a03b_bfd2_5e8c_d036_4141n

/** Of `node:crypto`; Ed25519 has its own. */
const hashes = { Ed25519: null, 'P-256': 'sha256', 'P-384': 'sha384', secp256k1: 'sha256' } as const

const inputOf = (type: MessageKeyType, key: KeyObject) =>
  type === 'Ed25519' ? key : { key, dsaEncoding: 'ieee-p1363' as const }

const normalise = (type: MessageKeyType, signature: Buffer): Buffer =>
  type === 'secp256k1' ? lowS(signature) : signature

function lowS(signature: Buffer): Buffer {
  const s = BigInt(`0x${signature.toString('hex', 32)}`)
  if (s <= SECP256K1_ORDER / 2n) return signature
  const other = (SECP256K1_ORDER - s).toString(16).padStart(64, '0')
  return Buffer.concat([signature.subarray(0, 32), Buffer.from(other, 'hex')])
}

/** A signature as `Signer.sign` gives it, by a key in memory. */
export function signMessage(type: MessageKeyType, key: KeyObject, message: Uint8Array): Buffer {
  return normalise(type, sign(hashes[type], message, inputOf(type, key)))
}

/** The same in a thread of libuv: of an Ed25519 signature, 6 of 45 µs are left to the event loop (2 shared cores). */
export function signMessageInBackground(
  type: MessageKeyType,
  key: KeyObject,
  message: Uint8Array,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    sign(hashes[type], message, inputOf(type, key), (error, signature) =>
      error ? reject(error) : resolve(normalise(type, signature)),
    )
  })
}

import {
  expand_message_xmd,
  expand_message_xof,
  hash_to_field,
} from '@noble/curves/abstract/hash-to-curve.js'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { shake256 as shake256OfHashes } from '@noble/hashes/sha3.js'
import { Fr, G1, type PointG1, toInteger } from './octets.ts'

/** What the BBS ciphersuites differ in (draft-irtf-cfrg-bbs-signatures, 7). */
export interface Ciphersuite {
  /** Prefix of every domain separation tag: `ciphersuite_id ‖ "H2G_HM2S_"`. */
  apiId: string
  P1: PointG1
  expandMessage(message: Uint8Array, dst: string, length: number): Uint8Array
  hashToCurve(message: Uint8Array, dst: string): PointG1
}

const { hash: sha256 } = bls12_381.G1.defaults
// The curves bring another version of the hashes, with other types.
const shake256 = shake256OfHashes as unknown as typeof sha256
// It takes what the types do not say: one number, as the field of G1 has no extension.
const mapToCurve = bls12_381.G1.mapToCurve as unknown as (u: bigint | undefined) => PointG1

/** Bits of security, as expand_message_xof and hash_to_field count them. */
const k = 128

/** BLS12-381-SHA-256, the ciphersuite of bbs-2023. */
export const sha256Ciphersuite: Ciphersuite = {
  apiId: 'BBS_BLS12381G1_XMD:SHA-256_SSWU_RO_H2G_HM2S_',
  P1: G1.fromHex(
    'a8ce256102840821a3e94ea9025e4662b205762f9776b3a766c872b948f1fd225e7c59698588e70d11406d161b4e28c9',
  ),
  expandMessage: (message, dst, length) => expand_message_xmd(message, dst, length, sha256),
  hashToCurve: (message, dst) => bls12_381.G1.hashToCurve(message, { DST: dst }),
}

/** BLS12-381-SHAKE-256. */
export const shake256Ciphersuite: Ciphersuite = {
  apiId: 'BBS_BLS12381G1_XOF:SHAKE-256_SSWU_RO_H2G_HM2S_',
  P1: G1.fromHex(
    '8929dfbc7e6642c4ed9cba0856e493f8b9d7d5fcb0c31ef8fdcd34d50648a56c795e106e9eada6e0bda386b414150755',
  ),
  expandMessage: (message, dst, length) => expand_message_xof(message, dst, length, k, shake256),
  hashToCurve: (message, dst) => {
    const { ORDER: p } = bls12_381.fields.Fp
    const [u0, u1] = hash_to_field(message, 2, { DST: dst, p, m: 1, k, expand: 'xof', hash: shake256 })
    // Noble's map clears the cofactor of each, which comes to the same as clearing that of the sum.
    return mapToCurve(u0?.[0]).add(mapToCurve(u1?.[0]))
  },
}

/** Octets that a uniform scalar is reduced from. */
export const expandLength = 48

/** The operation hash_to_scalar (draft-irtf-cfrg-bbs-signatures, 4.2). */
export function hashToScalar(suite: Ciphersuite, message: Uint8Array, purpose: string): bigint {
  return Fr.create(toInteger(suite.expandMessage(message, suite.apiId + purpose, expandLength)))
}

/** Each message as a scalar (the operation messages_to_scalars of the draft). */
export function messagesToScalars(suite: Ciphersuite, messages: readonly Uint8Array[]): bigint[] {
  return messages.map((message) => hashToScalar(suite, message, 'MAP_MSG_TO_SCALAR_AS_HASH_'))
}

import { bls12_381 } from '@noble/curves/bls12-381.js'

/** The scalar field of BLS12-381. */
export const { Fr } = bls12_381.fields

/** The groups of BLS12-381. */
export const G1 = bls12_381.G1.Point
export const G2 = bls12_381.G2.Point
export type PointG1 = InstanceType<typeof G1>
export type PointG2 = InstanceType<typeof G2>

/** A scalar as 32 octets, or a count as 8, big end first (I2OSP of RFC 8017, 4.1). */
export function toOctets(value: bigint | number, length: 8 | 32): Uint8Array {
  return Buffer.from(value.toString(16).padStart(length * 2, '0'), 'hex')
}

/** Octets as a number, big end first (OS2IP of RFC 8017, 4.2). */
export function toInteger(octets: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(octets).toString('hex')}`)
}

/** A point of G1 from its 48 octets; undefined unless it is in the subgroup and not its identity. */
export function parsePointG1(octets: Uint8Array): PointG1 | undefined {
  try {
    const point = G1.fromBytes(Uint8Array.from(octets))
    return point.is0() || !point.isTorsionFree() ? undefined : point
  } catch {
    return undefined
  }
}

/** A public key from its 96 octets; undefined unless it is in the subgroup G2 and not its identity. */
export function parsePublicKey(octets: Uint8Array): PointG2 | undefined {
  try {
    const point = G2.fromBytes(Uint8Array.from(octets))
    return point.is0() || !point.isTorsionFree() ? undefined : point
  } catch {
    return undefined
  }
}

/** A scalar from its 32 octets; undefined when it is zero or not below the order. */
export function parseScalar(octets: Uint8Array): bigint | undefined {
  const scalar = toInteger(octets)
  return scalar === 0n || scalar >= Fr.ORDER ? undefined : scalar
}

import { ECDH } from 'node:crypto'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import type { DIDDocument, DIDResolutionResult, DIDResolver } from 'did-resolver'
import { decodeMultikey, encodeMultikey, type Multikey } from './multikey.ts'
import { invalidDid, resolved } from './resolution-result.ts'

const { Point: G2 } = bls12_381.G2

const ecdhCurves: Partial<Record<Multikey['codec'], string>> = {
  'secp256k1-pub': 'secp256k1',
  'p256-pub': 'prime256v1',
  'p384-pub': 'secp384r1',
  'p521-pub': 'secp521r1',
}

/** Whether the bytes are a key; those of Ed25519 and X25519 are not judged here. */
function isOnCurve({ codec, publicKey }: Multikey): boolean {
  const curve = ecdhCurves[codec]
  try {
    // With the subgroup check; the point at infinity would verify what nobody signed.
    if (codec === 'bls12_381-g2-pub') return !G2.fromBytes(publicKey).is0()
    if (curve) ECDH.convertKey(publicKey, curve)
    return true
  } catch {
    return false
  }
}

const prime = 2n ** 255n - 19n

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  for (let b = base, e = exponent; e > 0n; e >>= 1n) {
    if (e & 1n) result = (result * b) % prime
    b = (b * b) % prime
  }
  return result
}

/** The X25519 key of an Ed25519 key: u = (1 + y) / (1 − y) mod 2^255 − 19 (RFC 7748, 4.1); undefined for y = 1. */
function toX25519(ed25519: Uint8Array): Uint8Array | undefined {
  const littleEndian = Buffer.from(ed25519).reverse()
  const y = BigInt(`0x${littleEndian.toString('hex')}`) & (2n ** 255n - 1n)
  if (y === 1n || y >= prime) return undefined
  const u = ((1n + y) * power((prime + 1n - y) % prime, prime - 2n)) % prime
  return Buffer.from(u.toString(16).padStart(64, '0'), 'hex').reverse()
}

function documentOf(did: string, multibase: string, { codec, publicKey }: Multikey): DIDDocument | undefined {
  const method = (key: string) => ({
    id: `${did}#${key}`,
    type: 'Multikey',
    controller: did,
    publicKeyMultibase: key,
  })
  const base = {
    '@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/multikey/v1'],
    id: did,
  }
  const own = method(multibase)
  if (codec === 'x25519-pub') return { ...base, verificationMethod: [own], keyAgreement: [own.id] }
  const signing = {
    authentication: [own.id],
    assertionMethod: [own.id],
    capabilityInvocation: [own.id],
    capabilityDelegation: [own.id],
  }
  if (codec !== 'ed25519-pub') return { ...base, verificationMethod: [own], ...signing }
  const x25519 = toX25519(publicKey)
  if (!x25519) return undefined
  const agreement = method(encodeMultikey('x25519-pub', x25519))
  return { ...base, verificationMethod: [own, agreement], ...signing, keyAgreement: [agreement.id] }
}

/** Resolves did:key (https://w3c-ccg.github.io/did-key-spec/): Multikey methods; of Ed25519 also its X25519 key. */
export const resolveDidKey: DIDResolver = async (did, { id }): Promise<DIDResolutionResult> => {
  const multikey = id.startsWith('z') ? decodeMultikey(id) : undefined
  const document = multikey && isOnCurve(multikey) ? documentOf(did, id, multikey) : undefined
  return document ? resolved(document) : invalidDid('The did:key holds no key of a known kind.')
}

import { bls12_381 } from '@noble/curves/bls12-381.js'
import { type Ciphersuite, hashToScalar, messagesToScalars } from './ciphersuite.ts'
import { addProducts, generatorOctets } from './generators.ts'
import {
  Fr,
  G2,
  type PointG1,
  type PointG2,
  parsePointG1,
  parsePublicKey,
  parseScalar,
  toOctets,
} from './octets.ts'

/** A key with what only its owner has: a scalar of 32 octets, big end first. */
export interface PrivateKey {
  privateKey: Uint8Array
  publicKey: Uint8Array
}

/** What is signed: any octets as the header, and messages of any octets. */
export interface Signed {
  header: Uint8Array
  messages: readonly Uint8Array[]
}

/** The operation calculate_domain (draft-irtf-cfrg-bbs-signatures, 4.2): binds key, header and number of messages. */
export function calculateDomain(
  suite: Ciphersuite,
  { publicKey, header, count }: { publicKey: Uint8Array; header: Uint8Array; count: number },
): bigint {
  const input = Buffer.concat([
    publicKey,
    toOctets(count, 8),
    ...generatorOctets(suite, count + 1),
    Buffer.from(suite.apiId),
    toOctets(header.length, 8),
    header,
  ])
  return hashToScalar(suite, input, 'H2S_')
}

/** What a signature is over: B = P1 + Q_1 · domain + H_1 · msg_1 + …, with the domain and messages as scalars. */
export function commit(
  suite: Ciphersuite,
  { header, messages, publicKey }: Signed & { publicKey: Uint8Array },
) {
  const domain = calculateDomain(suite, { publicKey, header, count: messages.length })
  const scalars = messagesToScalars(suite, messages)
  return { domain, scalars, B: addProducts(suite, suite.P1, [domain, ...scalars]) }
}

/**
 * Signs a header and messages: 80 octets (the operation Sign of draft-irtf-cfrg-bbs-signatures, 3.5.1). BigInt works
 * in no constant time; the multiplication by the key's scalar goes through noble's blinded one, the rest through
 * faster ones, whose scalars are public or in the credential.
 * @throws RangeError beyond `maxMessages`, or when the private key is no scalar
 */
export function sign(suite: Ciphersuite, key: PrivateKey, signed: Signed): Uint8Array {
  const secret = parseScalar(key.privateKey)
  if (secret === undefined) throw new RangeError('The private key is no scalar.')
  const { domain, scalars, B } = commit(suite, { ...signed, publicKey: key.publicKey })
  const octets = [
    toOctets(secret, 32),
    ...scalars.map((scalar) => toOctets(scalar, 32)),
    toOctets(domain, 32),
  ]
  const input = Buffer.concat(octets)
  const e = hashToScalar(suite, input, 'H2S_')
  input.fill(0)
  const A = B.multiply(Fr.inv(Fr.add(secret, e)))
  return Buffer.concat([A.toBytes(true), toOctets(e, 32)])
}

/** A signature taken apart; undefined when it is none. */
export function parseSignature(signature: Uint8Array): { A: PointG1; e: bigint } | undefined {
  if (signature.length !== 80) return undefined
  const A = parsePointG1(signature.subarray(0, 48))
  const e = parseScalar(signature.subarray(48))
  return A && e !== undefined ? { A, e } : undefined
}

/** Whether e(first, W) = e(second, BP2). */
export function pairsEqual(first: PointG1, W: PointG2, second: PointG1): boolean {
  const product = bls12_381.pairingBatch([
    { g1: first, g2: W },
    { g1: second.negate(), g2: G2.BASE },
  ])
  return bls12_381.fields.Fp12.eql(product, bls12_381.fields.Fp12.ONE)
}

/**
 * Whether a signature is the key's over a header and messages (the operation Verify of the draft, 3.5.2).
 * @throws RangeError beyond `maxMessages`
 */
export function verify(
  suite: Ciphersuite,
  { publicKey, signature, ...signed }: Signed & { publicKey: Uint8Array; signature: Uint8Array },
): boolean {
  const parsed = parseSignature(signature)
  const W = parsePublicKey(publicKey)
  if (!parsed || !W) return false
  const { B } = commit(suite, { ...signed, publicKey })
  // e(A, W + BP2 · e) = e(B, BP2), with the multiplication on the side where it costs less
  return pairsEqual(parsed.A, W, B.subtract(parsed.A.multiplyUnsafe(parsed.e)))
}

import { randomBytes } from 'node:crypto'
import { type Ciphersuite, expandLength, hashToScalar, messagesToScalars } from './ciphersuite.ts'
import { addProducts, maxMessages } from './generators.ts'
import { Fr, type PointG1, parsePointG1, parsePublicKey, parseScalar, toInteger, toOctets } from './octets.ts'
import { calculateDomain, commit, pairsEqual, parseSignature, type Signed } from './signature.ts'

const pointLength = 48
const scalarLength = 32
/** Three points and four scalars; each undisclosed message adds a scalar. */
const shortestProof = 3 * pointLength + 4 * scalarLength

/** `count` uniform scalars (the operation calculate_random_scalars of draft-irtf-cfrg-bbs-signatures, 4.2). */
export type RandomScalars = (count: number) => bigint[]

const randomScalars: RandomScalars = (count) =>
  Array.from({ length: count }, () => Fr.create(toInteger(randomBytes(expandLength))))

/** What a verifier sees of the messages. */
interface Disclosed {
  header: Uint8Array
  presentationHeader: Uint8Array
  /** Places of the disclosed messages among all, ascending. */
  indexes: readonly number[]
}

interface Commitments {
  points: readonly PointG1[]
  domain: bigint
}

/** The operation ProofChallengeCalculate of the draft, 3.7.3. */
function challengeOf(
  suite: Ciphersuite,
  { indexes, presentationHeader }: Disclosed,
  disclosed: readonly bigint[],
  { points, domain }: Commitments,
): bigint {
  const input = Buffer.concat([
    toOctets(indexes.length, 8),
    ...indexes.flatMap((index, i) => [toOctets(index, 8), toOctets(disclosed[i] as bigint, 32)]),
    ...points.map((point) => point.toBytes(true)),
    toOctets(domain, 32),
    toOctets(presentationHeader.length, 8),
    presentationHeader,
  ])
  return hashToScalar(suite, input, 'H2S_')
}

/** Indexes ascend below `count`, none twice. */
const areIndexes = (indexes: readonly number[], count: number): boolean =>
  indexes.every((index, i) => Number.isInteger(index) && index > (indexes[i - 1] ?? -1) && index < count)

/** H_j1 · s_1 + …, as scalars for `addProducts`: zero for Q_1 and the others. */
function atIndexes(count: number, indexes: readonly number[], scalars: readonly bigint[]): bigint[] {
  const all = Array.from({ length: count + 1 }, () => 0n)
  for (const [i, index] of indexes.entries()) all[index + 1] = scalars[i] as bigint
  return all
}

function othersThan(indexes: readonly number[], count: number): number[] {
  const known = new Set(indexes)
  return Array.from({ length: count }, (_, index) => index).filter((index) => !known.has(index))
}

/**
 * Proves knowledge of a signature over a header and messages and discloses some of them (the operation ProofGen of
 * draft-irtf-cfrg-bbs-signatures, 3.5.3); the signature is taken as valid. BigInt works in no constant time: whoever
 * can time the derivation may learn about the hidden messages.
 * @throws RangeError when the signature or an index is none, or there are more than `maxMessages`
 */
export function proofGen(
  suite: Ciphersuite,
  input: Signed & Disclosed & { publicKey: Uint8Array; signature: Uint8Array },
  random: RandomScalars = randomScalars,
): Uint8Array {
  const { indexes, messages } = input
  const signature = parseSignature(input.signature)
  if (!signature || !areIndexes(indexes, messages.length)) throw new RangeError('No signature or index.')
  const { A, e } = signature
  const { domain, scalars, B } = commit(suite, input)
  const hidden = othersThan(indexes, messages.length)
  const [r1, r2, eTilde, r1Tilde, r3Tilde, ...mTilde] = random(5 + hidden.length) as [
    ...[bigint, bigint, bigint, bigint, bigint],
    ...bigint[],
  ]
  const D = B.multiply(r2)
  const Abar = A.multiply(Fr.mul(r1, r2))
  const Bbar = D.multiply(r1).subtract(Abar.multiply(e))
  const T1 = Abar.multiply(eTilde).add(D.multiply(r1Tilde))
  const T2 = addProducts(suite, D.multiply(r3Tilde), atIndexes(messages.length, hidden, mTilde))
  const disclosed = indexes.map((index) => scalars[index] as bigint)
  const c = challengeOf(suite, input, disclosed, { points: [Abar, Bbar, D, T1, T2], domain })
  const answers = [
    Fr.add(eTilde, Fr.mul(e, c)),
    Fr.sub(r1Tilde, Fr.mul(r1, c)),
    Fr.sub(r3Tilde, Fr.mul(Fr.inv(r2), c)),
    ...hidden.map((index, j) => Fr.add(mTilde[j] as bigint, Fr.mul(scalars[index] as bigint, c))),
    c,
  ]
  return Buffer.concat([
    ...[Abar, Bbar, D].map((point) => point.toBytes(true)),
    ...answers.map((answer) => toOctets(answer, 32)),
  ])
}

interface ParsedProof {
  points: [PointG1, PointG1, PointG1]
  answers: [bigint, bigint, bigint]
  commitments: bigint[]
  challenge: bigint
}

/** How many messages a proof hides; undefined when no proof has that length. */
function hiddenCount(proof: Uint8Array): number | undefined {
  const count = (proof.length - shortestProof) / scalarLength
  return Number.isInteger(count) && count >= 0 ? count : undefined
}

function parseProof(proof: Uint8Array): ParsedProof | undefined {
  const slice = (start: number, length: number) => proof.subarray(start, start + length)
  const points = [0, 1, 2].map((i) => parsePointG1(slice(i * pointLength, pointLength)))
  const scalars: (bigint | undefined)[] = []
  for (let at = 3 * pointLength; at < proof.length; at += scalarLength) {
    scalars.push(parseScalar(slice(at, scalarLength)))
  }
  if ([...points, ...scalars].includes(undefined)) return undefined
  const [e, r1, r3, ...rest] = scalars as [bigint, bigint, bigint, ...bigint[]]
  return {
    points: points as ParsedProof['points'],
    answers: [e, r1, r3],
    commitments: rest.slice(0, -1),
    challenge: rest.at(-1) as bigint,
  }
}

/** Whether a proof discloses messages that the key signed (the operation ProofVerify of the draft, 3.5.4). */
export function proofVerify(
  suite: Ciphersuite,
  input: Signed & Disclosed & { publicKey: Uint8Array; proof: Uint8Array },
): boolean {
  const { publicKey, header, indexes, messages } = input
  const hiddenMessages = hiddenCount(input.proof)
  if (hiddenMessages === undefined) return false
  const count = hiddenMessages + indexes.length
  if (count > maxMessages || messages.length !== indexes.length || !areIndexes(indexes, count)) return false
  const W = parsePublicKey(publicKey)
  const proof = W && parseProof(input.proof)
  if (!proof) return false
  const [Abar, Bbar, D] = proof.points
  const [eHat, r1Hat, r3Hat] = proof.answers
  const { challenge: c } = proof
  const domain = calculateDomain(suite, { publicKey, header, count })
  const scalars = messagesToScalars(suite, messages)
  const times = (point: PointG1, scalar: bigint) => point.multiplyUnsafe(scalar)
  const T1 = times(Bbar, c).add(times(Abar, eHat)).add(times(D, r1Hat))
  // T2 = Bv · c + D · r3^ + H_j1 · m^_j1 + …, with Bv = P1 + Q_1 · domain + H_i1 · msg_i1 + …: one sum over all of them
  const products = [
    Fr.mul(domain, c),
    ...atIndexes(
      count,
      indexes,
      scalars.map((scalar) => Fr.mul(scalar, c)),
    ).slice(1),
  ]
  for (const [j, index] of othersThan(indexes, count).entries()) {
    products[index + 1] = proof.commitments[j] as bigint
  }
  const T2 = addProducts(suite, times(suite.P1, c).add(times(D, r3Hat)), products)
  const expected = challengeOf(suite, input, scalars, { points: [Abar, Bbar, D, T1, T2], domain })
  return expected === c && pairsEqual(Abar, W, Bbar)
}

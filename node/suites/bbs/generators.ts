import { interleavedMSMUnsafe } from '@noble/curves/abstract/curve.js'
import { type Ciphersuite, expandLength } from './ciphersuite.ts'
import { G1, type PointG1, toOctets } from './octets.ts'

/**
 * Messages that a signature may have. A generator takes 3 ms to find, once a process, and whoever sends a proof says
 * how many it needs.
 */
export const maxMessages = 512

/** Generators of a block share a table for multiplication. */
const blockSize = 32
/** Bits of a window: 11 ms for 31 products, where 4 bits take 20 ms. A block of 32 takes 35 ms and 1 MB to build. */
const windowSize = 8

type Multiply = (scalars: bigint[]) => PointG1

/** What was found so far for one ciphersuite: `points[0]` is Q_1, the others H_1, H_2, … */
interface Found {
  state: Uint8Array
  points: PointG1[]
  octets: Uint8Array[]
  blocks: Multiply[]
}

const found = new Map<Ciphersuite, Found>()

function start(suite: Ciphersuite): Found {
  const seed = Buffer.from(`${suite.apiId}MESSAGE_GENERATOR_SEED`)
  const state = suite.expandMessage(seed, `${suite.apiId}SIG_GENERATOR_SEED_`, expandLength)
  const fresh: Found = { state, points: [], octets: [], blocks: [] }
  found.set(suite, fresh)
  return fresh
}

/** The operation create_generators (draft-irtf-cfrg-bbs-signatures, 4.1.1), continued where it ended last time. */
function extend(suite: Ciphersuite, known: Found, count: number): void {
  while (known.points.length < count) {
    const input = Buffer.concat([known.state, toOctets(known.points.length + 1, 8)])
    known.state = suite.expandMessage(input, `${suite.apiId}SIG_GENERATOR_SEED_`, expandLength)
    const point = suite.hashToCurve(known.state, `${suite.apiId}SIG_GENERATOR_DST_`)
    known.points.push(point)
    known.octets.push(point.toBytes(true))
  }
}

function requireFound(suite: Ciphersuite, count: number): Found {
  if (count > maxMessages + 1) throw new RangeError(`More than ${maxMessages} messages.`)
  const known = found.get(suite) ?? start(suite)
  extend(suite, known, count)
  return known
}

/** Q_1, H_1, H_2, …, compressed, 48 octets each. @throws RangeError beyond `maxMessages` */
export function generatorOctets(suite: Ciphersuite, count: number): readonly Uint8Array[] {
  return requireFound(suite, count).octets.slice(0, count)
}

/** The table of the block that begins at a place, made when it is first needed. */
function blockAt(suite: Ciphersuite, known: Found, at: number): Multiply {
  const made = known.blocks[at / blockSize]
  if (made) return made
  extend(suite, known, at + blockSize)
  const block = interleavedMSMUnsafe(G1, known.points.slice(at, at + blockSize), windowSize)
  known.blocks[at / blockSize] = block
  return block
}

/**
 * P + Q_1 · s_0 + H_1 · s_1 + …, over tables that are made once. Not in constant time: what the scalars stand for can
 * leak to whoever measures how long it takes.
 * @throws RangeError beyond `maxMessages`
 */
export function addProducts(suite: Ciphersuite, start: PointG1, scalars: readonly bigint[]): PointG1 {
  const known = requireFound(suite, scalars.length)
  let sum = start
  for (let at = 0; at < scalars.length; at += blockSize) {
    sum = sum.add(blockAt(suite, known, at)(scalars.slice(at, at + blockSize)))
  }
  return sum
}

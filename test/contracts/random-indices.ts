import { bytesToHex, type Hex } from 'viem'

/** A reproducible source of integers in [0, bound): mulberry32. */
export function seededIntegers(seed: number): (bound: number) => number {
  let state = seed >>> 0
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * bound)
  }
}

/** `count` different indices below `capacity`, in increasing order. */
export function randomIndices(seed: number, count: number, capacity: number): number[] {
  const next = seededIntegers(seed)
  const indices = new Set<number>()
  while (indices.size < count) indices.add(next(capacity))
  return [...indices].sort((a, b) => a - b)
}

/** Indices as StatusListRegistry takes them: packed big-endian uint32. */
export function packIndices(indices: readonly number[]): Hex {
  const bytes = new Uint8Array(indices.length * 4)
  const view = new DataView(bytes.buffer)
  indices.forEach((index, position) => {
    view.setUint32(position * 4, index)
  })
  return bytesToHex(bytes)
}

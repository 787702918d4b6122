/** Numbers that look random and are the same for the same seed (mulberry32); each in [0, 1). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
}

/** The seed of this run: `CRASH_SEED`, or a new one; a failure is repeated with it. */
export const seed = Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000_007)

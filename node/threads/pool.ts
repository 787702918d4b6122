import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { Piscina } from 'piscina'
import type { Answer } from './answer.ts'
import type { Call } from './operations.ts'

/** A process that does nothing else with its cores keeps one for the event loop. */
export const mostThreads = Math.max(1, Math.min(4, availableParallelism() - 1))

/** Published, the node is JavaScript. */
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'

export type Pool = Piscina<Call, Answer>

interface PoolOptions {
  /** A file of this folder, without its extension. */
  entry: string
  most: number
  idleMs: number
  /** Megabytes of the young generation of each thread. */
  youngMb: number
}

/**
 * Threads that do not keep the process alive. The first one stays; others, up to `most`, are started while calls wait,
 * and end when they had nothing to do for `idleMs`. One has one job at a time, so that an input
 * which ends a thread takes nobody else's job with it; another one takes its place.
 */
export function openPool({ entry, most, idleMs, youngMb }: PoolOptions): Pool {
  // of `npm start`, for the event loop's thread, whose heap is set up by now; it would count for threads instead of theirs
  setFlagsFromString('--max-semi-space-size=0')
  const pool: Pool = new Piscina({
    filename: fileURLToPath(new URL(`./${entry}.${extension}`, import.meta.url)),
    minThreads: 1,
    maxThreads: most,
    idleTimeout: idleMs,
    concurrentTasksPerWorker: 1,
    recordTiming: false,
    resourceLimits: { maxYoungGenerationSizeMb: youngMb },
    // what runs here reads no settings
    env: {},
  })
  // a thread that ends while it does nothing is replaced; nobody waits for it
  pool.on('error', () => {})
  return pool
}

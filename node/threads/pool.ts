import { fileURLToPath } from 'node:url'
import { Piscina } from 'piscina'
import type { Answer } from './answer.ts'
import type { Call } from './operations.ts'

/** Published, the node is JavaScript. */
const entry = new URL(`./worker.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url)

export type Pool = Piscina<Call, Answer>

/**
 * Threads that do not keep the process alive. The first one stays; others, up to `most`, are started while calls wait,
 * and end when they had nothing to do for `idleMs`: each takes some 70 MB. One has one job at a time, so that an input
 * which ends a thread takes nobody else's job with it; another one takes its place.
 */
export function openPool({ most, idleMs }: { most: number; idleMs: number }): Pool {
  const pool: Pool = new Piscina({
    filename: fileURLToPath(entry),
    minThreads: 1,
    maxThreads: most,
    idleTimeout: idleMs,
    concurrentTasksPerWorker: 1,
    recordTiming: false,
    // without it a thread took 160 MiB for a batch of ecdsa-sd-2023, with it 20, in the same time
    resourceLimits: { maxYoungGenerationSizeMb: 32 },
    // what runs here reads no settings
    env: {},
  })
  // a thread that ends while it does nothing is replaced; nobody waits for it
  pool.on('error', () => {})
  return pool
}

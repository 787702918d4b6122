import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Piscina } from 'piscina'
import { IssuerError } from '../errors.ts'
import { type Answer, readAnswer } from './answer.ts'
import type { Call, Operations } from './operations.ts'

/** A process that does nothing else with its cores keeps one for the event loop. */
const threads = Math.max(1, Math.min(4, availableParallelism() - 1))

/** Calls that may wait; each takes tens to hundreds of milliseconds. */
const maxWaiting = 1_000

/** Published, the node is JavaScript. */
const entry = new URL(`./worker.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url)

let pool: Piscina<Call, Answer> | undefined

/**
 * The threads of this process, which live as long as it does and do not keep it alive. One has one job at a time, so
 * that an input which ends a thread takes nobody else's job with it; another one takes its place.
 */
function openPool(): Piscina<Call, Answer> {
  const opened = new Piscina<Call, Answer>({
    filename: fileURLToPath(entry),
    minThreads: threads,
    maxThreads: threads,
    concurrentTasksPerWorker: 1,
    recordTiming: false,
    // without it a thread took 160 MiB for a batch of ecdsa-sd-2023, with it 20, in the same time
    resourceLimits: { maxYoungGenerationSizeMb: 32 },
    // what runs here reads no settings
    env: {},
  })
  // a thread that ends while it does nothing is replaced; nobody waits for it
  opened.on('error', () => {})
  return opened
}

type Input<Operation> = Operation extends (input: infer Value) => unknown ? Value : never
type Result<Operation> = Operation extends (input: never) => infer Value ? Awaited<Value> : never

/**
 * Runs an operation in another thread. Measured on two shared cores (`npm run bench`): a BBS signature over 30 messages
 * in the event loop keeps everybody waiting for 20 to 50 ms, an AnonCreds credential for 80; with a thread it is 4 ms,
 * and the operation takes as long as before. A call costs the event loop 0.06 ms; what was measured of the RDF of
 * documents stands in `suites/`, where it is asked for.
 * @throws NODE_BUSY when too many wait; IssuerError and RangeError as the operation; Error when it ended its thread
 */
export async function inThread<Room extends keyof Operations, Name extends keyof Operations[Room] & string>(
  room: Room,
  name: Name,
  input: Input<Operations[Room][Name]>,
): Promise<Result<Operations[Room][Name]>> {
  pool ??= openPool()
  if (pool.queueSize >= maxWaiting) throw new IssuerError('NODE_BUSY')
  return readAnswer(await pool.run({ room, name, input })) as Result<Operations[Room][Name]>
}

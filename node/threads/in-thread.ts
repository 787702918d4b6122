import { IssuerError } from '../errors.ts'
import { presentTenant } from '../tenant-share.ts'
import { readAnswer } from './answer.ts'
import type { Operations } from './operations.ts'
import { mostThreads, openPool, type Pool } from './pool.ts'
import { createTurns } from './turns.ts'

/** Calls that may wait; each takes tens to hundreds of milliseconds. */
const maxWaiting = 1_000

/** Computations wait here and not in their pool, whose queue knows no tenants; one more than threads, so that none is idle. */
const turns = createTurns({ atOnce: mostThreads + 1, waiting: maxWaiting })

/** Each takes some 70 MB; without a bound of the young generation it took 160 for a batch of ecdsa-sd-2023, in the same time. */
const computing = { entry: 'worker', most: mostThreads, idleMs: 60_000, youngMb: 32 }

/** Those that sign are never kept waiting by those that compute, and each takes some 30 MB. */
const signing = { entry: 'signing-worker', most: mostThreads, idleMs: 60_000, youngMb: 8 }

const pools = new Map<object, Pool>()

function poolOf(threads: typeof computing): Pool {
  const open = pools.get(threads) ?? openPool(threads)
  pools.set(threads, open)
  return open
}

type Input<Operation> = Operation extends (input: infer Value) => unknown ? Value : never
type Result<Operation> = Operation extends (input: never) => infer Value ? Awaited<Value> : never

/**
 * Runs an operation in another thread. Measured on two shared cores (`npm run bench`): a BBS signature over 30 messages
 * in the event loop keeps everybody waiting for 20 to 50 ms, an AnonCreds credential for 80; with a thread it is 4 ms,
 * and the operation takes as long as before. A call costs the event loop 0.06 ms; what was measured of the RDF of
 * documents stands in `suites/`, where it is asked for.
 * `moved` are parts of the input that this thread has no more.
 * Tenants whose computations wait take turns; one has three quarters at most of the places that the others leave.
 * @throws NODE_BUSY when too many wait; IssuerError and RangeError as the operation; Error when it ended its thread
 */
export async function inThread<
  Folder extends keyof Operations,
  Name extends keyof Operations[Folder] & string,
>(
  folder: Folder,
  name: Name,
  input: Input<Operations[Folder][Name]>,
  moved: readonly ArrayBufferLike[] = [],
): Promise<Result<Operations[Folder][Name]>> {
  const isSigning = folder === 'signing'
  const pool = poolOf(isSigning ? signing : computing)
  const run = () => pool.run({ folder, name, input }, { transferList: [...moved] as ArrayBuffer[] })
  if (isSigning && pool.queueSize >= maxWaiting) throw new IssuerError('NODE_BUSY')
  const answer = isSigning ? await run() : await turns.take(presentTenant(), run)
  return readAnswer(answer) as Result<Operations[Folder][Name]>
}

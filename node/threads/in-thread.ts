import { availableParallelism } from 'node:os'
import { IssuerError } from '../errors.ts'
import { readAnswer } from './answer.ts'
import type { Operations } from './operations.ts'
import { openPool, type Pool } from './pool.ts'

/** A process that does nothing else with its cores keeps one for the event loop. */
const most = Math.max(1, Math.min(4, availableParallelism() - 1))

/** Calls that may wait; each takes tens to hundreds of milliseconds. */
const maxWaiting = 1_000

/** So long a thread waits for further calls before it ends, all but one. */
const idleMs = 60_000

let pool: Pool | undefined

type Input<Operation> = Operation extends (input: infer Value) => unknown ? Value : never
type Result<Operation> = Operation extends (input: never) => infer Value ? Awaited<Value> : never

/**
 * Runs an operation in another thread. Measured on two shared cores (`npm run bench`): a BBS signature over 30 messages
 * in the event loop keeps everybody waiting for 20 to 50 ms, an AnonCreds credential for 80; with a thread it is 4 ms,
 * and the operation takes as long as before. A call costs the event loop 0.06 ms; what was measured of the RDF of
 * documents stands in `suites/`, where it is asked for.
 * @throws NODE_BUSY when too many wait; IssuerError and RangeError as the operation; Error when it ended its thread
 */
export async function inThread<
  Folder extends keyof Operations,
  Name extends keyof Operations[Folder] & string,
>(
  folder: Folder,
  name: Name,
  input: Input<Operations[Folder][Name]>,
): Promise<Result<Operations[Folder][Name]>> {
  pool ??= openPool({ most, idleMs })
  if (pool.queueSize >= maxWaiting) throw new IssuerError('NODE_BUSY')
  return readAnswer(await pool.run({ folder, name, input })) as Result<Operations[Folder][Name]>
}

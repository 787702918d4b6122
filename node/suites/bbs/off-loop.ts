import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Answer, Call, OperationName, Operations } from './operations.ts'

/** A process that does nothing else with its cores keeps one for the event loop. */
const workers = Math.max(1, Math.min(4, availableParallelism() - 1))

/** Calls that may wait; each takes tens of milliseconds. */
const maxWaiting = 1_000

interface Job {
  call: Call
  resolve(result: unknown): void
  reject(error: Error): void
}

interface Thread {
  worker: Worker
  /** What it is doing. */
  job: Job | undefined
}

const waiting: Job[] = []
const idle: Thread[] = []
let running = 0

/** Published, the node is JavaScript. */
const entry = new URL(`./worker.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url)

/** Takes the job from a thread, for its promise to be settled. */
function finish(thread: Thread): Job | undefined {
  const { job } = thread
  if (job) running -= 1
  thread.job = undefined
  return job
}

/**
 * A thread has one job at a time: the BBS+ library can end it by an input that it does not expect, and nobody else's
 * job may go down with it.
 */
function startThread(): Thread {
  const worker = new Worker(entry)
  const thread: Thread = { worker, job: undefined }
  worker.on('message', (answer: Answer) => {
    const job = finish(thread)
    worker.unref()
    idle.push(thread)
    if ('error' in answer) job?.reject(new RangeError(answer.error))
    else job?.resolve(answer.result)
    next()
  })
  const end = (error: Error) => {
    finish(thread)?.reject(error)
    const place = idle.indexOf(thread)
    if (place >= 0) idle.splice(place, 1)
    next()
  }
  worker.on('error', end)
  worker.on('exit', () => end(new Error('The thread for BBS signatures ended.')))
  return thread
}

function next(): void {
  const job = running < workers ? waiting.shift() : undefined
  if (!job) return
  const thread = idle.pop() ?? startThread()
  thread.job = job
  running += 1
  thread.worker.ref()
  thread.worker.postMessage(job.call)
}

/**
 * Runs an operation in another thread. Measured with 30 messages on two shared cores (`npm run bench`): signing in the
 * event loop keeps everybody waiting for 20 to 50 ms, a derivation or verification for three times as long; with a
 * thread it is 4 ms, and the operation takes as long as before.
 * @throws RangeError as the operation, Error when it ended its thread or too many wait
 */
export function offLoop<Name extends OperationName>(
  name: Name,
  input: Parameters<Operations[Name]>[0],
): Promise<Awaited<ReturnType<Operations[Name]>>> {
  return new Promise<never>((resolve, reject) => {
    if (waiting.length >= maxWaiting) throw new Error('Too many BBS signatures are being made or verified.')
    waiting.push({ call: { name, input: input as never }, resolve: resolve as Job['resolve'], reject })
    next()
  })
}

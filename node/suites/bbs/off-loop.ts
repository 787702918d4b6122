import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Answer, Call, OperationName, Operations } from './operations.ts'

/** A process that does nothing else with its cores keeps one for the event loop. */
const workers = Math.max(1, Math.min(4, availableParallelism() - 1))

type Settle = { resolve(result: unknown): void; reject(error: Error): void }

interface Thread {
  worker: Worker
  pending: Map<number, Settle>
}

const threads: (Thread | undefined)[] = Array.from({ length: workers })
let calls = 0

/** Published, the node is JavaScript. */
const entry = new URL(`./worker.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url)

function startThread(place: number): Thread {
  const thread: Thread = { worker: new Worker(entry), pending: new Map() }
  threads[place] = thread
  const { worker, pending } = thread
  worker.on('message', (answer: Answer) => {
    const settle = pending.get(answer.id)
    pending.delete(answer.id)
    if (pending.size === 0) worker.unref()
    if ('error' in answer) settle?.reject(new RangeError(answer.error))
    else settle?.resolve(answer.result)
  })
  const end = (error: Error) => {
    if (threads[place] === thread) threads[place] = undefined
    for (const { reject } of pending.values()) reject(error)
    pending.clear()
  }
  worker.on('error', end)
  worker.on('exit', () => end(new Error('The thread for BBS signatures ended.')))
  worker.unref()
  return thread
}

/**
 * Runs an operation in another thread. Measured with 30 messages on two shared cores: signing blocks the event loop for
 * 20 ms, a derivation for 55 and a verification for 60, and with them every other request; in a thread they take 1 ms
 * longer each.
 */
export function offLoop<Name extends OperationName>(
  name: Name,
  input: Parameters<Operations[Name]>[0],
): Promise<ReturnType<Operations[Name]>> {
  const id = calls++
  const place = id % workers
  const { worker, pending } = threads[place] ?? startThread(place)
  return new Promise<ReturnType<Operations[Name]>>((resolve, reject) => {
    pending.set(id, { resolve: resolve as Settle['resolve'], reject })
    worker.ref()
    worker.postMessage({ id, name, input: input as never } satisfies Call)
  })
}

import { IssuerError } from '../errors.ts'
import type { Job, Queue } from './queue.ts'

/** Times in milliseconds. */
interface InProcessOptions {
  /** How often each job looks for work that nobody announced. */
  intervalMs?: number
  /** First pause before a retry; it doubles up to `maxBackoffMs`. */
  backoffMs?: number
  maxBackoffMs?: number
  /** Told every failure of a job. */
  onError?: (error: unknown, jobName: string) => void
}

/**
 * Runs jobs inside this process: on notice, and on a timer as a safety net. A job never runs twice at the same
 * time. It is tried again, with growing pauses, exactly when what it threw is retryable.
 */
export function createInProcessQueue(options: InProcessOptions = {}): Queue {
  const { intervalMs = 1_000, backoffMs = 200, maxBackoffMs = 5_000, onError = () => {} } = options
  const announced = new Set<string>()
  const workers = new Map<string, ReturnType<typeof work>>()

  function work(job: Job) {
    let timer: NodeJS.Timeout | undefined
    let running: Promise<void> | undefined
    let again = false
    let failures = 0
    let stopped = false

    const schedule = (delay: number) => {
      clearTimeout(timer)
      if (!stopped) timer = setTimeout(begin, delay).unref()
    }

    async function run(): Promise<void> {
      do {
        again = false
        try {
          await job.run()
          failures = 0
        } catch (error) {
          onError(error, job.name)
          const retryable = error instanceof IssuerError && error.retryable
          failures = retryable ? failures + 1 : 0
          if (retryable) break
        }
      } while (again && !stopped)
    }

    function begin(): void {
      clearTimeout(timer)
      running ??= Promise.resolve()
        .then(run)
        .finally(() => {
          running = undefined
          schedule(failures ? Math.min(backoffMs * 2 ** (failures - 1), maxBackoffMs) : intervalMs)
        })
    }

    schedule(intervalMs)
    return {
      notify() {
        if (running) again = true
        // what is down is asked again at its time, not by every request that comes in
        else if (!stopped && failures === 0) begin()
      },
      async stop() {
        stopped = true
        clearTimeout(timer)
        await running
      },
    }
  }

  return {
    notify(jobName) {
      const worker = workers.get(jobName)
      if (worker) worker.notify()
      else announced.add(jobName)
    },
    async start(jobs) {
      for (const job of jobs) {
        const worker = work(job)
        workers.set(job.name, worker)
        if (announced.delete(job.name)) worker.notify()
      }
    },
    async stop() {
      await Promise.all([...workers.values()].map((worker) => worker.stop()))
    },
  }
}

import { IssuerError } from '../errors.ts'
import type { Job, Queue } from './queue.ts'

/** Times in milliseconds. */
interface InProcessOptions {
  /** How often a job looks for work that nobody announced, unless it has a pace of its own. */
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
  const announced = new Set<string>()
  const workers = new Map<string, Worker>()
  return {
    notify(jobName) {
      const worker = workers.get(jobName)
      if (worker) worker.notify()
      else announced.add(jobName)
    },
    async start(jobs) {
      for (const job of jobs) {
        const worker = new Worker(job, options)
        workers.set(job.name, worker)
        if (announced.delete(job.name)) worker.notify()
      }
    },
    async stop() {
      await Promise.all([...workers.values()].map((worker) => worker.stop()))
    },
  }
}

/** One job and its timer. */
class Worker {
  readonly #job: Job
  readonly #options: Required<InProcessOptions>
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined
  #again = false
  #failures = 0
  #stopped = false

  constructor(job: Job, options: InProcessOptions) {
    this.#job = job
    this.#options = { intervalMs: 1_000, backoffMs: 200, maxBackoffMs: 5_000, onError: () => {}, ...options }
    this.#schedule()
  }

  notify(): void {
    if (this.#running !== undefined) this.#again = true
    // what is down is asked again at its time, not by every request that comes in
    else if (!this.#stopped && this.#failures === 0) this.#begin()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#running
  }

  #schedule(): void {
    const { backoffMs, maxBackoffMs } = this.#options
    const intervalMs = this.#job.intervalMs ?? this.#options.intervalMs
    const pause = this.#failures ? Math.min(backoffMs * 2 ** (this.#failures - 1), maxBackoffMs) : intervalMs
    clearTimeout(this.#timer)
    if (!this.#stopped) this.#timer = setTimeout(() => this.#begin(), pause).unref()
  }

  #begin(): void {
    clearTimeout(this.#timer)
    this.#running ??= Promise.resolve()
      .then(() => this.#run())
      .finally(() => {
        this.#running = undefined
        this.#schedule()
      })
  }

  async #run(): Promise<void> {
    do {
      this.#again = false
      await this.#attempt()
    } while (this.#again && !this.#stopped && this.#failures === 0)
  }

  async #attempt(): Promise<void> {
    try {
      await this.#job.run()
      this.#failures = 0
    } catch (error) {
      this.#options.onError(error, this.#job.name)
      const retryable = error instanceof IssuerError && error.retryable
      this.#failures = retryable ? this.#failures + 1 : 0
    }
  }
}

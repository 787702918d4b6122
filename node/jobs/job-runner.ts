import { IssuerError } from '../errors.ts'
import { defaultTenant, onBehalfOf } from '../request-context.ts'
import type { Leases } from './lease.ts'
import type { Job } from './queue.ts'

/** How jobs are run in a process. Times in milliseconds. */
export interface RunnerOptions {
  /** How often a job looks for work that nobody announced, unless it has a pace of its own. */
  intervalMs?: number
  /** First pause before a retry; it doubles up to `maxBackoffMs`. */
  backoffMs?: number
  maxBackoffMs?: number
  /** What exclusive jobs run under; left out where this process is alone on its database. */
  leases?: Leases | undefined
  /** Told every failure of a job. */
  onError?: (error: unknown, jobName: string) => void
}

// Announced work whose lease another process holds: asked for again, at first soon, since most runs are short.
const FIRST_WAIT_MS = 50
const LONGEST_WAIT_MS = 200

const nodeItself = { requestId: null, tenantId: defaultTenant, actor: 'node' }

/**
 * One job in this process: runs on notice, and on a timer as a safety net, never twice at the same time. It is tried
 * again, with growing pauses, exactly when what it threw is retryable. An exclusive one that another process runs
 * waits for its turn.
 */
export class JobRunner {
  readonly #job: Job
  readonly #options: RunnerOptions &
    Required<Pick<RunnerOptions, 'intervalMs' | 'backoffMs' | 'maxBackoffMs'>>
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined
  #again = false
  /** How often announced work has found its lease taken. */
  #waits = 0
  #failures = 0
  #stopped = false

  constructor(job: Job, options: RunnerOptions) {
    this.#job = job
    this.#options = { intervalMs: 1_000, backoffMs: 200, maxBackoffMs: 5_000, ...options }
    this.#schedule()
  }

  notify(): void {
    if (this.#running !== undefined) this.#again = true
    // what is down is asked again at its time, not by every request that comes in
    else if (this.#stopped || this.#failures > 0) return
    else if (this.#waits === 0) this.#begin({ announced: true })
    else if (this.#waits > 1) {
      // whoever has the lease will not hear of this: it is asked for soon again, but no sooner for many
      this.#waits = 1
      this.#schedule()
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#running
  }

  #schedule(): void {
    clearTimeout(this.#timer)
    if (this.#stopped) return
    const announced = this.#waits > 0
    this.#timer = setTimeout(() => this.#begin({ announced }), this.#pause()).unref()
  }

  #pause(): number {
    const { backoffMs, maxBackoffMs } = this.#options
    if (this.#failures > 0) return Math.min(backoffMs * 2 ** (this.#failures - 1), maxBackoffMs)
    if (this.#waits > 0) return Math.min(FIRST_WAIT_MS * 2 ** (this.#waits - 1), LONGEST_WAIT_MS)
    return this.#job.intervalMs ?? this.#options.intervalMs
  }

  #begin({ announced }: { announced: boolean }): void {
    clearTimeout(this.#timer)
    this.#running ??= Promise.resolve()
      // whoever announced the work is not whom it is done for
      .then(() => onBehalfOf(nodeItself, () => this.#run(announced)))
      .finally(() => {
        this.#running = undefined
        this.#schedule()
      })
  }

  async #run(announced: boolean): Promise<void> {
    this.#again = announced
    do {
      const wasAnnounced = this.#again
      this.#again = false
      const held = await this.#attempt()
      this.#waits = !held && (wasAnnounced || this.#again) ? this.#waits + 1 : 0
    } while (this.#again && !this.#stopped && this.#failures === 0 && this.#waits === 0)
  }

  /** False while another process runs the job. */
  async #attempt(): Promise<boolean> {
    try {
      const held = await this.#runAlone()
      this.#failures = 0
      return held
    } catch (error) {
      this.#options.onError?.(error, this.#job.name)
      const retryable = error instanceof IssuerError && error.retryable
      this.#failures = retryable ? this.#failures + 1 : 0
      return true
    }
  }

  async #runAlone(): Promise<boolean> {
    const { leases } = this.#options
    if (!this.#job.exclusive || !leases) {
      await this.#job.run()
      return true
    }
    return (await leases.hold(`job ${this.#job.name}`, () => this.#job.run())) !== undefined
  }
}

/** A kind of work that happens after `record`: idempotent by the id of its outbox row. */
export interface Job {
  readonly name: string
  /** How often it looks for work that nobody announced, in milliseconds; the queue's own pace unless told. */
  readonly intervalMs?: number
  /** Only one process may run it at a time: it is run under a lease where several work on one database. */
  readonly exclusive?: boolean
  /** Does the work that is due; returns how much it did. A thrown retryable error is tried again later. */
  run(): Promise<number>
}

/** Transport for jobs. The outbox table is the truth; a queue only says when to look. */
export interface Queue {
  /** Says that there may be work for this job; returns at once and never fails, whatever is down. */
  notify(jobName: string): void
  /** Runs these jobs in this process, too. */
  start(jobs: readonly Job[]): Promise<void>
  /** Lets running jobs end. */
  stop(): Promise<void>
  /** Asks whether announcements reach other processes, within a second; a queue without them has none. */
  isConnected?(): Promise<boolean>
}

/** A kind of work that happens after `record`: idempotent by the id of its outbox row. */
export interface Job {
  readonly name: string
  /** How often it looks for work that nobody announced, in milliseconds; the queue's own pace unless told. */
  readonly intervalMs?: number
  /** Does the work that is due; returns how much it did. A thrown retryable error is tried again later. */
  run(): Promise<number>
}

/** Transport for jobs. The outbox table is the truth; a queue only says when to look. */
export interface Queue {
  /** Says that there may be work for this job; resolves at once. */
  notify(jobName: string): void
  start(jobs: readonly Job[]): Promise<void>
  /** Lets running jobs end. */
  stop(): Promise<void>
}

/** What an order may ask for, and how it is worked off. */
export interface BulkLimits {
  /** Bytes of an upload. */
  bytes: number
  /** Rows of an upload. */
  rows: number
  /** Bytes of one row. */
  rowBytes: number
  /** Rows that are issued together, in one registration. */
  chunkRows: number
  /** Jobs of one tenant that have not ended. */
  jobs: number
  /** Rows of all jobs of one tenant that have not ended. */
  tenantRows: number
  /** Rows of all jobs of one tenant, of those that have ended too, until they are forgotten. */
  keptRows: number
  /** Chunks recorded whose registration is not settled: no further one is issued before it is. */
  unsettledChunks: number
  /** Milliseconds after which the chunk of a worker that died is taken by another one. */
  takeoverMs: number
  /** Hours after which a job that has ended is forgotten, with its rows. */
  retentionHours: number
}

import type { OpenedCredential } from '../formats/format.ts'
import type { StatusChanger } from '../issuance/change-status.ts'
import type { PipelineDeps } from '../issuance/pipeline.ts'
import type { Queue } from '../jobs/queue.ts'
import type { CredentialRow } from '../stores/credentials.ts'
import type { DidStore } from '../stores/dids.ts'
import type { noteRecalled, RecallStore } from '../stores/recalls.ts'

export const RECALL_JOB = 'recalls'

/** What recalls stand on. */
export interface RecallDeps {
  recalls: RecallStore
  noteRecalled: typeof noteRecalled
  /** The DIDs of whoever is being answered. */
  dids: Pick<DidStore, 'get'>
  statusChanger: Pick<StatusChanger, 'change'>
  pipeline: PipelineDeps
  queue: Pick<Queue, 'notify'>
  /** What a stored credential says. @throws CREDENTIAL_DELETED */
  readCredential(row: CredentialRow): OpenedCredential
  now(): Date
}

import { IssuerError } from '../errors.ts'
import { presentAct, requestContext } from '../request-context.ts'
import type { BulkJobRow, BulkState } from '../stores/bulk-jobs.ts'
import type { Database } from '../stores/database.ts'
import type { BulkDeps } from './bulk-deps.ts'
import { BULK_JOB } from './bulk-deps.ts'
import { type BulkJob, type BulkPace, describeJob, paceOf } from './describe-job.ts'
import { type FileType, failureFile, successFile } from './outcome-files.ts'
import { type BulkOrder, receiveJob } from './receive-job.ts'
import { hasEnded, type JobWatch } from './watch-job.ts'

/** Which job, and the issuer DIDs that the caller is limited to; undefined means any. */
interface JobQuestion {
  id: string
  issuers: readonly string[] | undefined
}

export type BulkAction = 'pause' | 'resume' | 'cancel'

/** Bulk issuance, for the protocols; jobs are those of the tenant for whom the present work is done. */
export interface Bulk {
  /** @throws what `receiveJob` throws */
  receive(order: BulkOrder): Promise<BulkJob & BulkPace>
  list(question: {
    issuers: readonly string[] | undefined
    limit: number
    cursor?: string | undefined
  }): Promise<{ items: BulkJob[]; nextCursor: string | null }>
  /** @throws BULK_JOB_NOT_FOUND, like all that follow */
  get(question: JobQuestion): Promise<BulkJob & BulkPace>
  /** @throws BULK_JOB_STATE when it has ended */
  act(question: JobQuestion & { action: BulkAction }): Promise<BulkJob & BulkPace>
  /** Forgets a job with its rows; the credentials stay. @throws BULK_JOB_STATE while it has not ended */
  remove(question: JobQuestion): Promise<void>
  /** @throws RATE_LIMIT_EXCEEDED */
  follow(question: JobQuestion): Promise<AsyncGenerator<(BulkJob & BulkPace) | null>>
  /** Ends everybody's following. */
  stopFollowing(): void
  success(question: JobQuestion & { type?: FileType; withCredentials: boolean }): Promise<OutcomeFile>
  failure(question: JobQuestion & { type?: FileType }): Promise<OutcomeFile>
}

/** A file as it is written; `type` is that in which the rows came, unless another one was asked for. */
interface OutcomeFile {
  type: FileType
  text: AsyncGenerator<string>
}

/** From which states an action leads to which one; one that is there already stays. */
const actions: Record<BulkAction, { from: readonly BulkState[]; to: BulkState }> = {
  pause: { from: ['running'], to: 'paused' },
  resume: { from: ['paused'], to: 'running' },
  cancel: { from: ['receiving', 'running', 'paused'], to: 'cancelled' },
}

export function createBulk(deps: BulkDeps, watch: JobWatch): Bulk {
  const find = async ({ id, issuers }: JobQuestion): Promise<BulkJobRow> => {
    const job = await deps.jobs.get({ tenantId: requestContext().tenantId, jobId: id })
    if (job && (!issuers || issuers.includes(job.issuer_did))) return job
    throw new IssuerError('BULK_JOB_NOT_FOUND', { facts: { jobId: id } })
  }
  const get = async (question: JobQuestion) => {
    const job = describeJob(await find(question))
    return { ...job, ...(await paceOf(deps, job)) }
  }
  return {
    receive: async (order) => get({ id: await receiveJob(deps, order), issuers: undefined }),
    list: async (question) => {
      const { items, nextCursor } = await deps.jobs.list({ ...question, tenantId: requestContext().tenantId })
      return { items: items.map(describeJob), nextCursor }
    },
    get,
    act: async ({ action, ...question }) => {
      const { state } = await find(question)
      const { from, to } = actions[action]
      const act = presentAct<true>('change a bulk job')
      if (act?.outcome || state === to) return get(question)
      const at = deps.now().toISOString()
      const also = async (trx: Database, job: BulkJobRow) => {
        if (to === 'cancelled') await deps.recordEnd(trx, job)
        await act?.note(true, trx)
      }
      const changed = await deps.jobs.change(question.id, { from, to, at }, also)
      if (!changed) throw wrongState((await find(question)).state)
      if (to === 'running') deps.pipeline.queue.notify(BULK_JOB)
      return get(question)
    },
    remove: async (question) => {
      const { state } = await find(question)
      if (!hasEnded({ state }) || !(await deps.jobs.remove(question.id, [state]))) throw wrongState(state)
    },
    follow: async (question) => {
      await find(question)
      return watch.follow(requestContext().tenantId, () => get(question))
    },
    stopFollowing: watch.stop,
    success: async ({ type, withCredentials, ...question }) => {
      const job = await find(question)
      const wanted = type ?? describeJob(job).type
      return { type: wanted, text: successFile(deps, { job, type: wanted, withCredentials }) }
    },
    failure: async ({ type, ...question }) => {
      const job = await find(question)
      const wanted = type ?? describeJob(job).type
      return { type: wanted, text: failureFile(deps, { job, type: wanted }) }
    },
  }
}

function wrongState(state: BulkState): IssuerError {
  return new IssuerError('BULK_JOB_STATE', { detail: `The job is ${state}.`, facts: { state } })
}

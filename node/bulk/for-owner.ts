import { onBehalfOf } from '../request-context.ts'
import type { BulkJobRow } from '../stores/bulk-jobs.ts'

/** Does work on behalf of whoever ordered a job. */
export function forOwner<T>(job: BulkJobRow, act: () => T): T {
  return onBehalfOf({ requestId: job.request_id, tenantId: job.tenant_id, actor: job.actor }, act)
}

import { AsyncLocalStorage } from 'node:async_hooks'

/** On whose behalf the present work is done. */
export interface RequestContext {
  /** Id of the HTTP request, which its answer, its errors and its log lines bear; null for work of the node's own. */
  requestId: string | null
  tenantId: string
  /** Id of the API key; `node` for work of the node's own. */
  actor: string
}

/** The tenant of whoever was given none, and of the node itself. */
export const defaultTenant = 'default'

const own: RequestContext = { requestId: null, tenantId: defaultTenant, actor: 'node' }
const storage = new AsyncLocalStorage<RequestContext>()

/** Does the work, and whatever it waits for, on behalf of somebody. */
export function onBehalfOf<T>(context: RequestContext, work: () => T): T {
  return storage.run(context, work)
}

/** On whose behalf the caller of this function works. */
export function requestContext(): RequestContext {
  return storage.getStore() ?? own
}

import { AsyncLocalStorage } from 'node:async_hooks'
import type { Database } from './stores/database.ts'

/** On whose behalf the present work is done. */
export interface RequestContext {
  /** Id of the HTTP request, which its answer, its errors and its log lines bear; null for work of the node's own. */
  requestId: string | null
  tenantId: string
  /** Id of the API key; `node` for work of the node's own. */
  actor: string
  /** Where the request is traced: the span that serves it (W3C Trace Context, 3.2). */
  traceparent?: string | undefined
  /** Where the request is to be done once, however often it is sent. */
  attempt?: Attempt
}

/** One attempt to do what a request with an Idempotency-Key asks for. */
export interface Attempt {
  /** An act of the request; those of one name are told apart by their order. */
  act<Outcome>(name: string): Act<Outcome>
}

/** Something that is done once. */
export interface Act<Outcome = unknown> {
  /** What an attempt before wrote down that did it and died before its answer. */
  readonly outcome: Outcome | undefined
  /**
   * Writes down what was done, in the transaction of the act itself, or before what cannot be taken back.
   * @throws IDEMPOTENCY_KEY_IN_USE when somebody else does the request by now: the transaction must not be committed
   */
  note(outcome: Outcome, trx?: Database): Promise<void>
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

/** An act of the present request; undefined when the request may be done again, having no Idempotency-Key. */
export function presentAct<Outcome>(name: string): Act<Outcome> | undefined {
  return requestContext().attempt?.act<Outcome>(name)
}

import { randomUUID } from 'node:crypto'
import { type EventType, eventRow } from '../events/event.ts'
import type { JsonObject } from '../json.ts'
import type { Act } from '../request-context.ts'
import type { Database } from '../stores/database.ts'
import type { ExchangeRow } from '../stores/exchanges.ts'
import type { NewRow } from '../stores/tables.ts'
import { type ExchangeDeps, type Messages, messagesOf } from './exchange.ts'
import type { Saying } from './formats/exchange-format.ts'
import { requireTransition, type State, type Step, stateRefusal } from './machine.ts'
import { type MessageKind, makeMessage } from './message.ts'
import { outgoingRow } from './outgoing.ts'

/** The job that does what needs more than a transaction: it issues and stores without being asked. */
export const WORK_JOB = 'exchange-work'

/** An exchange that does not exist yet. */
export type NewExchange = Pick<
  ExchangeRow,
  'tenant_id' | 'role' | 'connection_id' | 'thread_id' | 'format'
> & { id?: undefined; state: 'START' }

/** What a request that moves an exchange writes down with it, so that the same request again finds it. */
export type ExchangeAct = Act<{ exchangeId: string }>

/** A step to be done. */
export interface Advance {
  exchange: ExchangeRow | NewExchange
  step: Step
  /** What is remembered of what was said. */
  messages?: Messages
  issuerDid?: string
  kept?: JsonObject | undefined
  autoAcceptRequest?: boolean
  credentialId?: string | null
  expiresAt?: string
  /** What the other side is told. */
  tell?: {
    kind: MessageKind
    attachmentFormat?: string
    comment?: string
    problem?: string
  } & Partial<Saying>
  received?: NewRow<'received_messages'>
  /** Work that follows by itself. */
  work?: 'issue' | 'store'
  also?: (trx: Database) => Promise<void>
  /** The act of a request that may be repeated. */
  act?: ExchangeAct | undefined
}

const eventTypes = {
  PROPOSAL: 'exchange.proposed',
  OFFER: 'exchange.offered',
  REQUEST: 'exchange.requested',
  ISSUED: 'exchange.issued',
  DONE: 'exchange.done',
  ABANDONED: 'exchange.abandoned',
} as const satisfies Record<State, EventType>

/**
 * Does a step: the new state, the message to the other side, the work that follows and the event, in one transaction.
 * Gives the id of the exchange, and `taken` false when the message was taken before: then nothing is written.
 * @throws EXCHANGE_STATE when the machine has no such transition, or somebody else was first
 */
export async function advance(
  deps: ExchangeDeps,
  input: Advance,
  within?: Database,
): Promise<{ id: string; taken: boolean }> {
  const { exchange, step } = input
  const to = requireTransition(exchange, step)
  const id = exchange.id ?? randomUUID()
  const at = deps.now()
  const values = valuesOf(input, to)
  const outbox = outboxRows(deps, { id, at, input, expiresAt: values.expires_at ?? undefined })
  const taken = await deps.exchanges.commit(
    {
      row: exchange.id === undefined ? newRow(exchange, { id, at, values }) : changeOf(exchange, values),
      at: at.toISOString(),
      event: eventRow({ type: eventTypes[to], subject: id, data: eventData(input, to), at }),
      outbox,
      received: input.received,
      also: async (trx) => {
        await input.act?.note({ exchangeId: id }, trx)
        await input.also?.(trx)
      },
      refuse: (found) => stateRefusal(found ?? { role: exchange.role, state: 'START' }, step),
    },
    within,
  )
  for (const { job } of outbox) deps.queue.notify(job)
  return { id, taken }
}

function valuesOf(input: Advance, to: State) {
  const { exchange, issuerDid, kept, autoAcceptRequest, credentialId } = input
  const before: Messages = exchange.id === undefined ? {} : messagesOf(exchange)
  return {
    state: to,
    messages: JSON.stringify({ ...before, ...input.messages }),
    ...(issuerDid !== undefined && { issuer_did: issuerDid }),
    ...(kept !== undefined && { kept: JSON.stringify(kept) }),
    ...(autoAcceptRequest !== undefined && ({ auto_accept_request: autoAcceptRequest ? 1 : 0 } as const)),
    ...(credentialId !== undefined && { credential_id: credentialId }),
    ...expiry(input, to),
  }
}

/** Once it is issued, only the other side's answer can end it: see docs/exchanges.md. */
function expiry({ exchange, expiresAt }: Advance, to: State): { expires_at?: string | null } {
  if (to === 'ISSUED' || to === 'DONE' || to === 'ABANDONED') return { expires_at: null }
  if (expiresAt !== undefined) return { expires_at: expiresAt }
  return exchange.id === undefined ? {} : { expires_at: exchange.expires_at }
}

const changeOf = ({ id, state }: ExchangeRow, set: ReturnType<typeof valuesOf>) => ({ id, from: state, set })

function newRow(
  exchange: NewExchange,
  { id, at, values }: { id: string; at: Date; values: ReturnType<typeof valuesOf> },
): NewRow<'exchanges'> {
  const { state: _start, id: _none, ...fixed } = exchange
  const empty = { issuer_did: null, kept: null, credential_id: null, expires_at: null, removed_at: null }
  const time = at.toISOString()
  return { ...empty, auto_accept_request: 0, ...fixed, ...values, id, created_at: time, updated_at: time }
}

function outboxRows(
  deps: ExchangeDeps,
  { id, at, input, expiresAt }: { id: string; at: Date; input: Advance; expiresAt: string | undefined },
): NewRow<'outbox'>[] {
  const { exchange, tell, work } = input
  const rows: NewRow<'outbox'>[] = []
  if (tell) {
    const { thread_id: threadId, tenant_id: tenantId, connection_id: connectionId } = exchange
    const message = makeMessage({ ...tell, threadId, ...(expiresAt !== undefined && { expiresAt }) })
    rows.push(outgoingRow(deps, { tenantId, connectionId, ...message }))
  }
  if (work) {
    const payload = JSON.stringify({ exchangeId: id, work })
    rows.push({
      id: randomUUID(),
      job: WORK_JOB,
      lane: exchange.tenant_id,
      payload,
      due_at: at.toISOString(),
    })
  }
  return rows
}

function eventData({ exchange, step, messages }: Advance, to: State): JsonObject {
  const { role, connection_id: connectionId, thread_id: threadId, format } = exchange
  const problem = messages?.problem?.code
  return { role, state: to, step, connectionId, threadId, format, ...(problem !== undefined && { problem }) }
}

import { createHash } from 'node:crypto'
import { IssuerError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { ConnectionRow } from '../stores/connections.ts'
import type { ExchangeRow } from '../stores/exchanges.ts'
import type { NewRow } from '../stores/tables.ts'
import { type Advance, advance, type NewExchange } from './advance.ts'
import type { ExchangeDeps } from './exchange.ts'
import { expiryOf } from './exchange-limits.ts'
import type { ExchangeFormat } from './formats/exchange-format.ts'
import { isEarly, type Role, requireTransition, type Step } from './machine.ts'
import { type ExchangeMessage, type MessageKind, parseMessage } from './message.ts'

/** The step that a message asks for, and the role of whoever it begins an exchange with. */
const stepsOf = {
  'propose-credential': { step: 'receive-proposal', said: 'proposal', begins: 'ISSUER' },
  'offer-credential': { step: 'receive-offer', said: 'offer', begins: 'HOLDER' },
  'request-credential': { step: 'receive-request', said: 'request', begins: undefined },
  'issue-credential': { step: 'receive-credential', said: 'issued', begins: undefined },
  ack: { step: 'receive-ack', said: undefined, begins: undefined },
  'problem-report': { step: 'receive-problem-report', said: undefined, begins: undefined },
} as const satisfies Record<MessageKind, { step: Step; said: string | undefined; begins: Role | undefined }>

/**
 * Takes a message from the other side of a connection. One that came before changes nothing and is taken again; one
 * that comes before its turn is refused until its turn, and the sender tries again.
 * @throws MALFORMED_REQUEST, MESSAGE_REFUSED, MESSAGE_TOO_EARLY (retryable), EXCHANGE_STATE,
 * EXCHANGE_FORMAT_UNSUPPORTED, EXCHANGE_LIMIT
 */
export async function receiveMessage(
  deps: ExchangeDeps,
  { connection, json }: { connection: ConnectionRow; json: JsonObject },
): Promise<void> {
  const message = parseMessage(json, (name) => formatOf(deps, name) !== undefined)
  const received = receipt(deps, { connection, json, messageId: message.id })
  if (await wasTaken(deps, received)) return
  const found = await deps.exchanges.findThread(connection.id, message.threadId)
  const exchange = found ?? (await beginning(deps, connection, message))
  await take(deps, { exchange, message, received }).catch(async (error) => {
    // the same message may have been taken while this one was looked at
    if (await wasTaken(deps, received)) return
    throw error
  })
}

const formatOf = ({ formats }: ExchangeDeps, attachmentFormat: string): ExchangeFormat | undefined =>
  formats.find(({ attachments }) => Object.values(attachments).includes(attachmentFormat))

/** What is kept of a message, so that it is known when it comes again. */
export function receipt(
  { now }: Pick<ExchangeDeps, 'now'>,
  { connection, json, messageId }: { connection: ConnectionRow; json: JsonObject; messageId: string },
): NewRow<'received_messages'> {
  const digest = createHash('sha256').update(JSON.stringify(json)).digest('hex')
  return { connection_id: connection.id, message_id: messageId, digest, at: now().toISOString() }
}

/** @throws MESSAGE_REFUSED when another message has the id */
export async function wasTaken(
  { exchanges }: Pick<ExchangeDeps, 'exchanges'>,
  received: NewRow<'received_messages'>,
): Promise<boolean> {
  const before = await exchanges.received(received.connection_id, received.message_id)
  if (before && before.digest !== received.digest)
    throw new IssuerError('MESSAGE_REFUSED', { detail: 'Another message has this id.' })
  return before !== undefined
}

/** The exchange that a message begins; one that begins none may have come before the one that does. */
async function beginning(
  deps: ExchangeDeps,
  connection: ConnectionRow,
  message: ExchangeMessage,
): Promise<NewExchange> {
  const { begins } = stepsOf[message.kind]
  const format = formatOf(deps, message.attachmentFormat ?? '')
  if (!begins || !format) {
    throw new IssuerError('MESSAGE_TOO_EARLY', { detail: 'The thread of the message is not known here.' })
  }
  return {
    state: 'START',
    role: begins,
    tenant_id: connection.tenant_id,
    connection_id: connection.id,
    thread_id: message.threadId,
    format: format.name,
  }
}

interface Taking {
  exchange: ExchangeRow | NewExchange
  message: ExchangeMessage
  received: NewRow<'received_messages'>
}

async function take(deps: ExchangeDeps, { exchange, message, received }: Taking): Promise<void> {
  const { step, said } = stepsOf[message.kind]
  if (isEarly(exchange, step)) throw new IssuerError('MESSAGE_TOO_EARLY', { facts: { step } })
  requireTransition(exchange, step)
  const problem = step === 'receive-problem-report' && problemOf(message)
  await advance(deps, {
    ...{ exchange, step, received },
    ...(problem && { messages: { problem } }),
    ...(said && reading(deps, { exchange, message, said })),
    ...(exchange.id === undefined && { expiresAt: earliest(expiryOf(deps), message.expiresAt) }),
    ...followUp(exchange, step),
  })
}

const problemOf = ({ problem, comment }: ExchangeMessage) =>
  ({ code: problem ?? 'unknown', ...(comment !== undefined && { comment }), by: 'them' }) as const

/** What the message says, read by the format. */
function reading(
  deps: ExchangeDeps,
  {
    exchange,
    message,
    said,
  }: Pick<Taking, 'exchange' | 'message'> & { said: 'proposal' | 'offer' | 'request' | 'issued' },
): Pick<Advance, 'messages' | 'issuerDid'> {
  const { content = {}, preview, comment } = message
  const format = formatOf(deps, message.attachmentFormat ?? '')
  if (
    format?.name !== exchange.format ||
    format.attachments[message.kind as never] !== message.attachmentFormat
  )
    throw new IssuerError('MESSAGE_REFUSED', { detail: 'The message is of another format than its thread.' })
  const saying = { content, ...(preview && { preview }) }
  const read = format.read[said](saying)
  return {
    messages: { [said]: { ...saying, ...(comment !== undefined && { comment }) } },
    ...(read && { issuerDid: read.issuerDid }),
  }
}

function followUp(exchange: ExchangeRow | NewExchange, step: Step): Pick<Advance, 'work'> {
  if (step === 'receive-credential') return { work: 'store' }
  const isAuto = exchange.id !== undefined && exchange.auto_accept_request === 1
  return step === 'receive-request' && isAuto ? { work: 'issue' } : {}
}

function earliest(own: string, theirs: string | undefined): string {
  const at = theirs === undefined ? Number.NaN : Date.parse(theirs)
  return Number.isNaN(at) || at > Date.parse(own) ? own : new Date(at).toISOString()
}

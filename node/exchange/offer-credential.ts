import { randomUUID } from 'node:crypto'
import { IssuerError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { ExchangeRow } from '../stores/exchanges.ts'
import { advance, type ExchangeAct, type NewExchange } from './advance.ts'
import {
  type Asker,
  contextOf,
  type Exchange,
  type ExchangeDeps,
  messagesOf,
  requireExchange,
  requireFormat,
  requireOpenConnection,
} from './exchange.ts'
import { expiryOf } from './exchange-limits.ts'
import type { ExchangeFormat, FormatContext } from './formats/exchange-format.ts'
import { requireTransition } from './machine.ts'
import { movedExchange } from './moved-exchange.ts'

interface Terms {
  comment?: string
  /** Issues as soon as the holder requests. */
  autoAcceptRequest: boolean
  expiresInSeconds?: number
}

/**
 * Offers, as the issuer, a credential to the other side of a connection.
 * @throws CONNECTION_NOT_FOUND, CONNECTION_STATE, EXCHANGE_FORMAT_UNSUPPORTED, EXCHANGE_LIMIT, FORBIDDEN for an issuer
 * outside the limits, and what the format throws
 */
export async function offerCredential(
  deps: ExchangeDeps,
  input: Asker & Terms & { connectionId: string; format: string; details: JsonObject },
): Promise<Exchange> {
  return movedExchange(deps, async (act) => {
    await requireOpenConnection(deps, input)
    const format = requireFormat(deps, input.format)
    const exchange = newExchange(input, format)
    const { tenantId, connectionId } = input
    const context = { tenantId, connectionId, threadId: exchange.thread_id, said: {}, kept: undefined }
    return sendOffer(deps, { ...input, exchange, format, context, act })
  })
}

function newExchange(
  { tenantId, connectionId }: { tenantId: string; connectionId: string },
  format: ExchangeFormat,
): NewExchange {
  return {
    state: 'START',
    role: 'ISSUER',
    tenant_id: tenantId,
    connection_id: connectionId,
    thread_id: randomUUID(),
    format: format.name,
  }
}

/**
 * Answers a proposal with an offer, of what was proposed unless other details are given.
 * @throws EXCHANGE_NOT_FOUND, EXCHANGE_STATE, CONNECTION_STATE, FORBIDDEN, and what the format throws
 */
export async function answerProposal(
  deps: ExchangeDeps,
  input: Asker & Terms & { exchangeId: string; details?: JsonObject },
): Promise<Exchange> {
  return movedExchange(deps, async (act) => {
    const exchange = await requireExchange(deps, input)
    requireTransition(exchange, 'send-offer')
    await requireOpenConnection(deps, { ...input, connectionId: exchange.connection_id })
    const format = requireFormat(deps, exchange.format)
    const details = input.details ?? proposedDetails(exchange)
    return sendOffer(deps, { ...input, exchange, format, context: contextOf(exchange), details, act })
  })
}

function proposedDetails(exchange: ExchangeRow): JsonObject {
  const { proposal } = messagesOf(exchange)
  const attributes = proposal?.preview?.map(({ name, value }) => [name, value])
  return { ...proposal?.content, ...(attributes && { values: Object.fromEntries(attributes) }) }
}

async function sendOffer(
  deps: ExchangeDeps,
  input: Terms & {
    exchange: ExchangeRow | NewExchange
    format: ExchangeFormat
    context: FormatContext
    details: JsonObject
    issuers: readonly string[] | undefined
    act: ExchangeAct | undefined
  },
) {
  const { exchange, format, autoAcceptRequest, issuers, act } = input
  const expiresAt = expiryOf(deps, input.expiresInSeconds)
  const { issuerDid, ...said } = await format.offer(input.context, input.details)
  if (issuers && !issuers.includes(issuerDid)) {
    const detail = 'This API key is not bound to that issuer DID.'
    throw new IssuerError('FORBIDDEN', { detail, facts: { issuerDid } })
  }
  const comment = input.comment === undefined ? {} : { comment: input.comment }
  return advance(deps, {
    ...{ exchange, step: 'send-offer', issuerDid, autoAcceptRequest, expiresAt, act },
    messages: { offer: { ...said, ...comment } },
    tell: {
      kind: 'offer-credential',
      attachmentFormat: format.attachments['offer-credential'],
      ...{ ...said, ...comment },
    },
  })
}

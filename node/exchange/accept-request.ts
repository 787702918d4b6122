import type { ExchangeRow } from '../stores/exchanges.ts'
import { advance, type ExchangeAct } from './advance.ts'
import {
  type Asker,
  contextOf,
  type Exchange,
  type ExchangeDeps,
  requireExchange,
  requireFormat,
  requireOpenConnection,
} from './exchange.ts'
import { requireTransition } from './machine.ts'
import { movedExchange } from './moved-exchange.ts'
import { MESSAGES_JOB } from './outgoing.ts'

/**
 * Accepts, as the issuer, a request: issues the offered credential.
 * @throws EXCHANGE_NOT_FOUND, EXCHANGE_STATE, CONNECTION_STATE, and what the format throws
 */
export async function acceptRequest(
  deps: ExchangeDeps,
  input: Asker & { exchangeId: string; comment?: string },
): Promise<Exchange> {
  return movedExchange(deps, async (act) => {
    const exchange = await requireExchange(deps, input)
    requireTransition(exchange, 'issue')
    await requireOpenConnection(deps, { ...input, connectionId: exchange.connection_id })
    const comment = input.comment === undefined ? {} : { comment: input.comment }
    await issueRequested(deps, { exchange, act, ...comment })
    return exchange
  })
}

/**
 * Issues what was requested. Credential, state and message are written in one transaction, so that whatever happens
 * in between, there is one credential or none.
 * @throws EXCHANGE_STATE when somebody else has issued it meanwhile, and what the format throws
 */
export async function issueRequested(
  deps: ExchangeDeps,
  { exchange, comment, act }: { exchange: ExchangeRow; comment?: string; act?: ExchangeAct | undefined },
): Promise<void> {
  const format = requireFormat(deps, exchange.format)
  requireTransition(exchange, 'issue')
  await format.issue(contextOf(exchange), async ({ credentialId, ...said }, within) => {
    const spoken = { ...said, ...(comment !== undefined && { comment }) }
    const attachmentFormat = format.attachments['issue-credential']
    await advance(
      deps,
      {
        ...{ exchange, step: 'issue', credentialId, act },
        messages: { issued: spoken },
        tell: { kind: 'issue-credential', attachmentFormat, ...spoken },
      },
      within,
    )
  })
  // where the transaction was another one's, it had not ended when the message was announced
  deps.queue.notify(MESSAGES_JOB)
}

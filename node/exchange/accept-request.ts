import type { ExchangeRow } from '../stores/exchanges.ts'
import { advance } from './advance.ts'
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
import { MESSAGES_JOB } from './outgoing.ts'
import { currentExchange } from './start-exchange.ts'

/**
 * Accepts, as the issuer, a request: issues the offered credential.
 * @throws EXCHANGE_NOT_FOUND, EXCHANGE_STATE, CONNECTION_STATE, and what the format throws
 */
export async function acceptRequest(
  deps: ExchangeDeps,
  input: Asker & { exchangeId: string; comment?: string },
): Promise<Exchange> {
  const exchange = await requireExchange(deps, input)
  requireTransition(exchange, 'issue')
  await requireOpenConnection(deps, { ...input, connectionId: exchange.connection_id })
  await issueRequested(deps, { exchange, ...(input.comment !== undefined && { comment: input.comment }) })
  return currentExchange(deps, exchange.id)
}

/**
 * Issues what was requested. Credential, state and message are written in one transaction, so that whatever happens
 * in between, there is one credential or none.
 * @throws EXCHANGE_STATE when somebody else has issued it meanwhile, and what the format throws
 */
export async function issueRequested(
  deps: ExchangeDeps,
  { exchange, comment }: { exchange: ExchangeRow; comment?: string },
): Promise<void> {
  const format = requireFormat(deps, exchange.format)
  requireTransition(exchange, 'issue')
  await format.issue(contextOf(exchange), async ({ credentialId, ...said }, within) => {
    const spoken = { ...said, ...(comment !== undefined && { comment }) }
    const attachmentFormat = format.attachments['issue-credential']
    await advance(
      deps,
      {
        ...{ exchange, step: 'issue', credentialId },
        messages: { issued: spoken },
        tell: { kind: 'issue-credential', attachmentFormat, ...spoken },
      },
      within,
    )
  })
  // where the transaction was another one's, it had not ended when the message was announced
  deps.queue.notify(MESSAGES_JOB)
}

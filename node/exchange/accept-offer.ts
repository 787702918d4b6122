import type { JsonObject } from '../json.ts'
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
import { movedExchange } from './moved-exchange.ts'

/**
 * Accepts, as the holder, what was offered: requests the credential. It is stored by itself when it comes.
 * @throws EXCHANGE_NOT_FOUND, EXCHANGE_STATE, CONNECTION_STATE, and what the format throws
 */
export async function acceptOffer(
  deps: ExchangeDeps,
  input: Asker & {
    exchangeId: string
    details: JsonObject
    comment?: string
    /** @throws FORBIDDEN for a DID in whose name the caller may not sign */
    actsFor(did: string): void
  },
): Promise<Exchange> {
  return movedExchange(deps, async (act) => {
    const exchange = await requireExchange(deps, input)
    requireTransition(exchange, 'send-request')
    await requireOpenConnection(deps, { ...input, connectionId: exchange.connection_id })
    const format = requireFormat(deps, exchange.format)
    const { kept, ...said } = await format.request(contextOf(exchange), input)
    const comment = input.comment === undefined ? {} : { comment: input.comment }
    return advance(deps, {
      ...{ exchange, step: 'send-request', kept, act },
      messages: { request: { ...said, ...comment } },
      tell: {
        kind: 'request-credential',
        attachmentFormat: format.attachments['request-credential'],
        ...{ ...said, ...comment },
      },
    })
  })
}

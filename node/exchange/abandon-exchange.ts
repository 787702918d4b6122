import { eventRow } from '../events/event.ts'
import type { ExchangeRow } from '../stores/exchanges.ts'
import { advance } from './advance.ts'
import { type Asker, type ExchangeDeps, requireExchange } from './exchange.ts'
import { isTerminal } from './machine.ts'

/** Abandons an exchange and tells the other side why. @throws EXCHANGE_STATE when it is at its end */
export async function abandonExchange(
  deps: ExchangeDeps,
  { exchange, code, comment }: { exchange: ExchangeRow; code: string; comment?: string },
): Promise<void> {
  const said = { ...(comment !== undefined && { comment }) }
  await advance(deps, {
    ...{ exchange, step: 'abandon' },
    messages: { problem: { code, ...said, by: 'us' } },
    tell: { kind: 'problem-report', problem: code, ...said },
  })
}

/**
 * Deletes an exchange for its owner. One that is not at its end is abandoned, and the other side is told; one that is
 * forgets what was said, and a holder's credential stays.
 * @throws EXCHANGE_NOT_FOUND, EXCHANGE_STATE when it moved on meanwhile
 */
export async function deleteExchange(
  deps: ExchangeDeps,
  input: Asker & { exchangeId: string; comment?: string },
): Promise<'abandoned' | 'removed'> {
  const exchange = await requireExchange(deps, input)
  const { comment } = input
  if (!isTerminal(exchange.state)) {
    await abandonExchange(deps, { exchange, code: 'abandoned', ...(comment !== undefined && { comment }) })
    return 'abandoned'
  }
  const at = deps.now()
  const event = eventRow({
    type: 'exchange.deleted',
    subject: exchange.id,
    data: { state: exchange.state },
    at,
  })
  await deps.exchanges.remove(exchange.id, { at: at.toISOString(), event })
  return 'removed'
}

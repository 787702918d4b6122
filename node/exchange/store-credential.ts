import type { ExchangeRow } from '../stores/exchanges.ts'
import { advance } from './advance.ts'
import { contextOf, type ExchangeDeps, requireFormat } from './exchange.ts'
import { requireTransition } from './machine.ts'

/**
 * Checks, as the holder, what was issued, and stores it in one transaction with the end of the exchange.
 * @throws EXCHANGE_STATE, and what the format throws for a credential that is not what was offered
 */
export async function storeCredential(deps: ExchangeDeps, exchange: ExchangeRow): Promise<void> {
  requireTransition(exchange, 'store')
  const format = requireFormat(deps, exchange.format)
  const { credentialId, insert } = await format.store(contextOf(exchange))
  await advance(deps, { exchange, step: 'store', credentialId, also: insert, tell: { kind: 'ack' } })
}

import { IssuerError } from '../errors.ts'
import type { ExchangeDeps } from './exchange.ts'

/** Exchanges over one connection that are not at their end: what one side can make the other keep. */
const openLimit = 10_000

const defaultSeconds = 7 * 86_400

/** When an exchange is abandoned that has not come to its end. */
export function expiryOf({ now }: Pick<ExchangeDeps, 'now'>, seconds = defaultSeconds): string {
  return new Date(now().getTime() + seconds * 1000).toISOString()
}

/** @throws EXCHANGE_LIMIT */
export async function checkOpenExchanges(
  { exchanges }: Pick<ExchangeDeps, 'exchanges'>,
  connectionId: string,
): Promise<void> {
  if ((await exchanges.countOpen(connectionId)) < openLimit) return
  throw new IssuerError('EXCHANGE_LIMIT', { facts: { connectionId, limit: openLimit } })
}

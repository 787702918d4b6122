import { IssuerError } from '../errors.ts'
import { type Exchange, type ExchangeDeps, exchangeOf } from './exchange.ts'

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

/** Begins an exchange and gives it as it stands. @throws EXCHANGE_LIMIT, and what `begin` throws */
export async function startedExchange(
  deps: ExchangeDeps,
  input: { connectionId: string; expiresInSeconds?: number },
  begin: (expiresAt: string) => Promise<{ id: string }>,
): Promise<Exchange> {
  await checkOpenExchanges(deps, input.connectionId)
  const { id } = await begin(expiryOf(deps, input.expiresInSeconds))
  return currentExchange(deps, id)
}

/** An exchange that is known to be there. */
export async function currentExchange(
  { exchanges }: Pick<ExchangeDeps, 'exchanges'>,
  id: string,
): Promise<Exchange> {
  const row = await exchanges.find(id)
  if (!row) throw new IssuerError('EXCHANGE_NOT_FOUND', { facts: { exchangeId: id } })
  return exchangeOf(row)
}

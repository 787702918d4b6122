import { IssuerError } from '../errors.ts'
import { presentAct } from '../request-context.ts'
import type { ExchangeAct } from './advance.ts'
import { type Exchange, type ExchangeDeps, exchangeOf } from './exchange.ts'

/**
 * Moves an exchange for whoever asked, and gives it as it stands then; for a request that is repeated after it has moved
 * one, that one as it stands now.
 */
export async function movedExchange(
  deps: Pick<ExchangeDeps, 'exchanges'>,
  move: (act: ExchangeAct | undefined) => Promise<{ id: string }>,
): Promise<Exchange> {
  const act: ExchangeAct | undefined = presentAct('exchange')
  const id = act?.outcome?.exchangeId ?? (await move(act)).id
  return currentExchange(deps, id)
}

/** An exchange that is known to be there. */
async function currentExchange(
  { exchanges }: Pick<ExchangeDeps, 'exchanges'>,
  id: string,
): Promise<Exchange> {
  const row = await exchanges.find(id)
  if (!row) throw new IssuerError('EXCHANGE_NOT_FOUND', { facts: { exchangeId: id } })
  return exchangeOf(row)
}

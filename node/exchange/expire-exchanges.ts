import { abandonUnlessMoved, forItsOwner } from './do-work.ts'
import type { ExchangeDeps } from './exchange.ts'

/** Exchanges abandoned in one round. */
const atOnce = 100

/** Abandons exchanges whose time is over; gives how many there were. */
export async function expireExchanges(deps: ExchangeDeps): Promise<number> {
  for (let expired = 0; ; ) {
    const rows = await deps.exchanges.expired(deps.now().toISOString(), atOnce)
    for (const exchange of rows) {
      await forItsOwner(exchange, () => abandonUnlessMoved(deps, { exchange, code: 'expired' }))
    }
    expired += rows.length
    if (rows.length < atOnce) return expired
  }
}

import { IssuerError } from '../errors.ts'
import { onBehalfOf } from '../request-context.ts'
import type { ExchangeRow } from '../stores/exchanges.ts'
import { abandonExchange } from './abandon-exchange.ts'
import { issueRequested } from './accept-request.ts'
import type { ExchangeDeps } from './exchange.ts'
import { storeCredential } from './store-credential.ts'

const works = {
  issue: {
    role: 'ISSUER',
    state: 'REQUEST',
    run: (deps: ExchangeDeps, exchange: ExchangeRow) => issueRequested(deps, { exchange }),
  },
  store: { role: 'HOLDER', state: 'ISSUED', run: storeCredential },
} as const

/** Attempts at what fails for reasons that may pass; the pauses between them grow to an hour altogether. */
const mostAttempts = 20

interface WorkRow {
  payload: string
  attempts: number
}

/**
 * Issues or stores what an exchange waits for, unless that was done, or the exchange abandoned, meanwhile. What cannot
 * succeed, or has failed too often, abandons the exchange.
 * @throws what may succeed later
 */
export async function doWork(deps: ExchangeDeps, row: WorkRow): Promise<void> {
  const { exchangeId, work } = JSON.parse(row.payload) as { exchangeId: string; work: keyof typeof works }
  const { role, state, run } = works[work]
  const exchange = await deps.exchanges.find(exchangeId)
  if (exchange?.role !== role || exchange.state !== state) return
  await forItsOwner(exchange, async () => {
    try {
      await run(deps, exchange)
    } catch (error) {
      const isFinal = error instanceof IssuerError && !error.retryable
      if (!isFinal && row.attempts < mostAttempts) throw error
      const { code, message: comment } =
        error instanceof IssuerError ? error : new IssuerError('INTERNAL_ERROR')
      await abandonUnlessMoved(deps, { exchange, code, comment })
    }
  })
}

/** Work of the node's own is done for the tenant whose exchange it is. */
export function forItsOwner<T>(exchange: Pick<ExchangeRow, 'tenant_id'>, work: () => T): T {
  return onBehalfOf({ requestId: null, tenantId: exchange.tenant_id, actor: 'node' }, work)
}

/** Somebody else may have moved the exchange on meanwhile: then there is nothing to give up. */
export async function abandonUnlessMoved(
  deps: ExchangeDeps,
  input: Parameters<typeof abandonExchange>[1],
): Promise<void> {
  try {
    await abandonExchange(deps, input)
  } catch (error) {
    if (!(error instanceof IssuerError) || error.code !== 'EXCHANGE_STATE') throw error
  }
}

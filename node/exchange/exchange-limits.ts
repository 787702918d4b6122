import type { ExchangeDeps } from './exchange.ts'

const defaultSeconds = 7 * 86_400

/** When an exchange is abandoned that has not come to its end. */
export function expiryOf({ now }: Pick<ExchangeDeps, 'now'>, seconds = defaultSeconds): string {
  return new Date(now().getTime() + seconds * 1000).toISOString()
}

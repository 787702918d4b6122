import { answerConnectionError } from './connection-error.ts'
import type { HttpServer } from './protocol.ts'

/** How long a request may take to arrive, in milliseconds: usually, and where its address takes in long files. */
const usualArrivalMs = 60_000
export const longArrivalMs = 3_600_000

/**
 * Hangs up on bodies that do not arrive in time. Node knows one time for all requests of a server, which has to be that
 * of the longest ones; the others have a timer of their own.
 */
export function limitArrival(server: HttpServer, milliseconds = usualArrivalMs): void {
  server.addHook('onRequest', (request, _reply, done) => {
    const { raw, headers, routeOptions } = request
    const hasBody = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined
    if (hasBody && !routeOptions.config.longBody) {
      const late = setTimeout(() => {
        const cause = Object.assign(new Error('the body did not arrive'), {
          code: 'ERR_HTTP_REQUEST_TIMEOUT',
        })
        answerConnectionError(cause, raw.socket)
      }, milliseconds)
      const inTime = () => clearTimeout(late)
      raw.once('end', inTime).once('close', inTime)
    }
    done()
  })
}

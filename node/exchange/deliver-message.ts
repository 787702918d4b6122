import type { ConnectionRow } from '../stores/connections.ts'
import { type ConnectionDeps, giveConnectionUp, peerOf } from './connections/connection.ts'
import { abandonUnlessMoved, forItsOwner } from './do-work.ts'
import type { ExchangeDeps } from './exchange.ts'
import { isExchangeMessage } from './message.ts'
import { openOutgoing } from './outgoing.ts'
import type { Transport } from './transport.ts'

type Deps = ExchangeDeps & ConnectionDeps & { transport: Transport }

/**
 * Brings one message of the outbox to the other side. What it refuses for good abandons the exchange or the connection:
 * the row is only done afterwards, so a crash in between repeats the question and not the answer.
 * @throws PEER_UNREACHABLE (retryable)
 */
export async function deliverMessage(deps: Deps, row: { id: string; payload: string }): Promise<void> {
  const { connectionId, json } = openOutgoing(deps, row)
  const connection = await deps.connections.find(connectionId)
  const peer = connection && peerOf(deps, connection)
  if (!peer) return
  const refusal = await deps.transport.send(peer, json)
  if (refusal !== undefined) await forItsOwner(connection, () => refused(deps, { connection, json, refusal }))
}

interface Refused {
  connection: ConnectionRow
  json: ReturnType<typeof openOutgoing>['json']
  refusal: string
}

async function refused(deps: Deps, { connection, json, refusal }: Refused): Promise<void> {
  if (!isExchangeMessage(json)) return giveConnectionUp(deps, { connection, code: refusal })
  const { thid } = Object(json['~thread']) as { thid?: string }
  const exchange = await deps.exchanges.findThread(connection.id, String(thid))
  const comment = 'The other side refused the message.'
  if (exchange) await abandonUnlessMoved(deps, { exchange, code: refusal, comment })
}

import { IssuerError } from '../../errors.ts'
import type { JsonObject } from '../../json.ts'
import { onBehalfOf, requestContext } from '../../request-context.ts'
import { createToken, equalHashes, hashToken } from '../../secret-token.ts'
import type { ConnectionRow } from '../../stores/connections.ts'
import type { NewRow } from '../../stores/tables.ts'
import type { ExchangeDeps } from '../exchange.ts'
import { isExchangeMessage } from '../message.ts'
import { receipt, receiveMessage, wasTaken } from '../receive-message.ts'
import { type ConnectionDeps, commitStep, sealToken, stepOf } from './connection.ts'
import { type ConnectionMessage, kindOf, parseConnectionMessage } from './connection-message.ts'

type Deps = ExchangeDeps & ConnectionDeps

interface Taking {
  connection: ConnectionRow
  message: ConnectionMessage
  received: NewRow<'received_messages'>
}

/**
 * Takes a message at the inbox of a connection. Its token tells who sends: the other side, or whoever has an
 * invitation that has not been used, and then it must be the request.
 * @throws CONNECTION_NOT_FOUND for any other token; CONNECTION_STATE, and what a message is refused for
 */
export async function takeMessage(
  deps: Deps,
  { connectionId, token, json }: { connectionId: string; token: string; json: JsonObject },
): Promise<void> {
  const connection = await deps.connections.find(connectionId)
  const hash = hashToken(token)
  const opens = (kept: string | null | undefined) => typeof kept === 'string' && equalHashes(hash, kept)
  const isPeer = opens(connection?.inbox_hash)
  if (!connection || !(isPeer || opens(connection.invitation_hash))) throw unknown()
  const context = {
    ...requestContext(),
    tenantId: connection.tenant_id,
    actor: `connection ${connection.id}`,
  }
  await onBehalfOf(context, async () => {
    if (isPeer && isExchangeMessage(json)) return takeExchangeMessage(deps, connection, json)
    const message = parseConnectionMessage(json)
    const received = receipt(deps, { connection, json, messageId: message['@id'] })
    if (await wasTaken(deps, received)) return
    const taking = { connection, message, received }
    if (isPeer) await takeFromPeer(deps, taking)
    else await takeRequest(deps, taking)
  })
}

/** The same for an inbox that never was, one that is closed, and a token that does not open it. */
const unknown = () => new IssuerError('CONNECTION_NOT_FOUND')

async function takeExchangeMessage(deps: Deps, connection: ConnectionRow, json: JsonObject): Promise<void> {
  const { state } = connection
  if (state === 'DONE') return receiveMessage(deps, { connection, json })
  throw new IssuerError('MESSAGE_TOO_EARLY', { detail: 'The connection is not made yet.', facts: { state } })
}

/** The first that has the invitation's token; whoever comes later is refused. */
async function takeRequest(deps: Deps, { connection, message, received }: Taking): Promise<void> {
  const { id, state, expires_at } = connection
  const isOpen = state === 'INVITATION' && (expires_at ?? '') > deps.now().toISOString()
  if (!isOpen || kindOf(message) !== 'request') throw unknown()
  const { endpoint, token, label } = message as Extract<ConnectionMessage, { endpoint: string }>
  deps.transport.checkEndpoint(endpoint)
  const own = createToken('')
  const outcome = await commitStep(deps, {
    row: {
      id,
      from: 'INVITATION',
      set: {
        state: 'RESPONSE',
        their_label: label ?? null,
        endpoint,
        peer_token: sealToken(deps, id, token),
        inbox_hash: hashToken(own),
      },
    },
    ...stepOf(deps, { ...connection, state: 'RESPONSE' }, { kind: 'response', token: own }),
    received,
  })
  if (outcome === 'late') throw unknown()
}

const answers = {
  request: undefined,
  response: { role: 'INVITEE', from: 'REQUEST' },
  ack: { role: 'INVITER', from: 'RESPONSE' },
} as const

async function takeFromPeer(deps: Deps, taking: Taking): Promise<void> {
  const { connection, message, received } = taking
  const { id, role, state } = connection
  const kind = kindOf(message)
  const facts = { connectionId: id, state, message: kind }
  if (kind === 'problem-report') return takeProblemReport(deps, taking)
  const answer = answers[kind]
  if (role !== answer?.role || state !== answer.from) throw new IssuerError('CONNECTION_STATE', { facts })
  const { token } = message as { token?: string }
  const outcome = await commitStep(deps, {
    row: {
      id,
      from: state,
      set: {
        state: 'DONE',
        expires_at: null,
        ...(token !== undefined && kind === 'response' && { peer_token: sealToken(deps, id, token) }),
      },
    },
    ...stepOf(deps, { ...connection, state: 'DONE' }, kind === 'response' ? { kind: 'ack' } : undefined),
    received,
  })
  if (outcome === 'late') throw new IssuerError('CONNECTION_STATE', { facts })
}

async function takeProblemReport(deps: Deps, { connection, received }: Taking): Promise<void> {
  await commitStep(deps, {
    row: {
      id: connection.id,
      from: connection.state,
      set: { state: 'ABANDONED', inbox_hash: null, expires_at: null },
    },
    ...stepOf(deps, { ...connection, state: 'ABANDONED' }),
    received,
  })
}

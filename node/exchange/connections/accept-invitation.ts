import { randomUUID } from 'node:crypto'
import { IssuerError } from '../../errors.ts'
import { presentAct } from '../../request-context.ts'
import { createToken, hashToken } from '../../secret-token.ts'
import type { Database } from '../../stores/database.ts'
import {
  type Connection,
  type ConnectionDeps,
  commitStep,
  connectionOf,
  sealToken,
  stepOf,
} from './connection.ts'
import type { Invitation } from './connection-message.ts'

/** How long the other side has to answer, at most. */
const longestSeconds = 7 * 86_400

/**
 * Accepts an invitation of another node: asks it for a connection. It is done when the other node has answered.
 * @throws MESSAGE_REFUSED for an invitation that has expired, or an endpoint that is not spoken to
 */
export async function acceptInvitation(
  deps: ConnectionDeps,
  input: { tenantId: string; invitation: Invitation; alias?: string; label?: string },
): Promise<Connection> {
  const act = presentAct<Connection>('accept an invitation')
  if (act?.outcome) return act.outcome
  const { invitation } = input
  const created = deps.now()
  const latest = created.getTime() + longestSeconds * 1000
  const expires = Math.min(Date.parse(invitation.expiresAt), latest)
  if (expires <= created.getTime())
    throw new IssuerError('MESSAGE_REFUSED', { detail: 'The invitation has expired.' })
  deps.transport.checkEndpoint(invitation.endpoint)
  const id = randomUUID()
  const token = createToken('')
  const row = {
    id,
    tenant_id: input.tenantId,
    role: 'INVITEE',
    state: 'REQUEST',
    alias: input.alias ?? null,
    label: input.label ?? null,
    their_label: invitation.label ?? null,
    endpoint: invitation.endpoint,
    // until the other side has given a token of its own
    peer_token: sealToken(deps, id, invitation.token),
    inbox_hash: hashToken(token),
    invitation_hash: null,
    created_at: created.toISOString(),
    updated_at: created.toISOString(),
    expires_at: new Date(expires).toISOString(),
  } as const
  const label = input.label === undefined ? {} : { label: input.label }
  const tell = { kind: 'request', endpoint: deps.inboxOf(id), token, ...label } as const
  const connection = connectionOf(row)
  const also = act && ((trx: Database) => act.note(connection, trx))
  await commitStep(deps, { row, ...stepOf(deps, row, tell), also })
  return connection
}

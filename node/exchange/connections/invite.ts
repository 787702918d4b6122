import { randomUUID } from 'node:crypto'
import { presentAct } from '../../request-context.ts'
import { createToken, hashToken } from '../../secret-token.ts'
import { type Connection, type ConnectionDeps, commitStep, connectionOf, stepOf } from './connection.ts'
import { type Invitation, makeInvitation } from './connection-message.ts'

interface Invited {
  connection: Connection
  invitation: Invitation
}

/** Invites whoever gets the invitation, once; its token is given this once and kept as a hash. */
export async function invite(
  deps: ConnectionDeps,
  input: { tenantId: string; alias?: string; label?: string; expiresInSeconds: number },
): Promise<Invited> {
  const act = presentAct<Invited>('invite')
  if (act?.outcome) return act.outcome
  const token = createToken('')
  const id = randomUUID()
  const created = deps.now()
  const expiresAt = new Date(created.getTime() + input.expiresInSeconds * 1000).toISOString()
  const row = {
    id,
    tenant_id: input.tenantId,
    role: 'INVITER',
    state: 'INVITATION',
    alias: input.alias ?? null,
    label: input.label ?? null,
    ...{ their_label: null, endpoint: null, peer_token: null, inbox_hash: null },
    invitation_hash: hashToken(token),
    created_at: created.toISOString(),
    updated_at: created.toISOString(),
    expires_at: expiresAt,
  } as const
  const label = input.label === undefined ? {} : { label: input.label }
  const endpoint = deps.inboxOf(id)
  const invited = {
    connection: connectionOf(row),
    invitation: makeInvitation({ '@id': id, ...label, endpoint, token, expiresAt }),
  }
  await commitStep(deps, { row, ...stepOf(deps, row), also: act && ((trx) => act.note(invited, trx)) })
  return invited
}

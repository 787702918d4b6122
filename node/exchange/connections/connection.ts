import { type EventType, eventRow } from '../../events/event.ts'
import type { Queue } from '../../jobs/queue.ts'
import type { SecretBox } from '../../keys/secret-box.ts'
import type { ConnectionChange, ConnectionRow, ConnectionStore } from '../../stores/connections.ts'
import type { NewRow } from '../../stores/tables.ts'
import { outgoingRow } from '../outgoing.ts'
import type { PeerAddress, Transport } from '../transport.ts'
import { makeConnectionMessage } from './connection-message.ts'

/** What connections stand on. */
export interface ConnectionDeps {
  connections: ConnectionStore
  secrets: SecretBox
  queue: Pick<Queue, 'notify'>
  transport: Pick<Transport, 'checkEndpoint'>
  /** Where the other side of a connection sends to. */
  inboxOf(connectionId: string): string
  now(): Date
}

export type ConnectionState = ConnectionRow['state']
export const connectionStates = ['INVITATION', 'REQUEST', 'RESPONSE', 'DONE', 'ABANDONED'] as const

/** A connection as its owner sees it. Times are ISO 8601. */
export interface Connection {
  id: string
  role: ConnectionRow['role']
  state: ConnectionState
  alias: string | null
  label: string | null
  theirLabel: string | null
  /** Inbox of the other side. */
  endpoint: string | null
  createdAt: string
  updatedAt: string
  expiresAt: string | null
}

export function connectionOf(row: ConnectionRow): Connection {
  return {
    id: row.id,
    role: row.role,
    state: row.state,
    alias: row.alias,
    label: row.label,
    theirLabel: row.their_label,
    endpoint: row.endpoint,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    expiresAt: row.expires_at,
  }
}

/** Where messages go, once the other side has told. */
export function peerOf(
  { secrets }: Pick<ConnectionDeps, 'secrets'>,
  row: ConnectionRow,
): PeerAddress | undefined {
  if (row.endpoint === null || row.peer_token === null) return undefined
  const token = Buffer.from(secrets.open(row.peer_token, tokenContext(row.id))).toString()
  return { endpoint: row.endpoint, token }
}

/** The other side's token in the form in which it is kept. */
export function sealToken({ secrets }: Pick<ConnectionDeps, 'secrets'>, id: string, token: string): string {
  return secrets.seal(Buffer.from(token), tokenContext(id))
}

const tokenContext = (id: string) => `connection ${id}`

const eventTypes = {
  INVITATION: 'connection.invited',
  REQUEST: 'connection.requested',
  RESPONSE: 'connection.responded',
  DONE: 'connection.done',
  ABANDONED: 'connection.abandoned',
} as const satisfies Record<ConnectionState, EventType>

/** The event and the message of a step. */
export function stepOf(
  deps: ConnectionDeps,
  row: Pick<ConnectionRow, 'id' | 'tenant_id' | 'role' | 'state'>,
  tell?: Parameters<typeof makeConnectionMessage>[0],
): Pick<ConnectionChange, 'at' | 'event' | 'outbox'> {
  const at = deps.now()
  const { id, tenant_id: tenantId, role, state } = row
  const outbox: NewRow<'outbox'>[] = tell
    ? [outgoingRow(deps, { tenantId, connectionId: id, ...makeConnectionMessage(tell) })]
    : []
  const event = eventRow({ type: eventTypes[state], subject: id, data: { role, state }, at })
  return { at: at.toISOString(), event, outbox }
}

/** Does a step, and has its message sent. */
export async function commitStep(deps: ConnectionDeps, change: ConnectionChange) {
  const outcome = await deps.connections.commit(change)
  for (const { job } of change.outbox) deps.queue.notify(job)
  return outcome
}

/** Abandons a connection: its inbox is closed, and its exchanges end. Does nothing when it has moved on meanwhile. */
export async function giveConnectionUp(
  deps: ConnectionDeps,
  { connection, code, tells = false }: { connection: ConnectionRow; code: string; tells?: boolean },
): Promise<void> {
  if (connection.state === 'ABANDONED') return
  const tell = tells ? ({ kind: 'problem-report', problem: code } as const) : undefined
  await commitStep(deps, {
    row: {
      id: connection.id,
      from: connection.state,
      set: { state: 'ABANDONED', inbox_hash: null, expires_at: null },
    },
    ...stepOf(deps, { ...connection, state: 'ABANDONED' }, tell),
  })
}

import { IssuerError } from '../../errors.ts'
import type { ConnectionRow } from '../../stores/connections.ts'
import { forItsOwner } from '../do-work.ts'
import { type ConnectionDeps, giveConnectionUp } from './connection.ts'

/** @throws CONNECTION_NOT_FOUND, also when it is another tenant's */
export async function requireConnection(
  { connections }: Pick<ConnectionDeps, 'connections'>,
  { tenantId, connectionId }: { tenantId: string; connectionId: string },
): Promise<ConnectionRow> {
  const row = await connections.find(connectionId)
  if (row?.tenant_id === tenantId) return row
  throw new IssuerError('CONNECTION_NOT_FOUND', { facts: { connectionId } })
}

/** Abandons a connection and tells the other side; its exchanges that are not at their end are abandoned. */
export async function deleteConnection(
  deps: ConnectionDeps,
  input: { tenantId: string; connectionId: string },
): Promise<void> {
  const connection = await requireConnection(deps, input)
  await giveConnectionUp(deps, { connection, code: 'abandoned', tells: connection.state === 'DONE' })
}

const atOnce = 100

/** Abandons connections that were not made in time; gives how many there were. */
export async function expireConnections(deps: ConnectionDeps): Promise<number> {
  for (let expired = 0; ; ) {
    const rows = await deps.connections.expired(deps.now().toISOString(), atOnce)
    for (const connection of rows) {
      await forItsOwner(connection, () => giveConnectionUp(deps, { connection, code: 'expired' }))
    }
    expired += rows.length
    if (rows.length < atOnce) return expired
  }
}

import type { JsonObject } from '../json.ts'
import type { SecretBox } from '../keys/secret-box.ts'
import type { NewRow } from '../stores/tables.ts'

/** The job that brings messages to the other sides of connections. */
export const MESSAGES_JOB = 'connection-messages'

interface Outgoing {
  connectionId: string
  id: string
  json: JsonObject
}

interface Deps {
  secrets: SecretBox
  now(): Date
}

/** The row of the outbox for a message. It may hold tokens and personal data, so it is encrypted; tenants take turns. */
export function outgoingRow(
  { secrets, now }: Deps,
  { tenantId, connectionId, id, json }: Outgoing & { tenantId: string },
): NewRow<'outbox'> {
  const sealed = secrets.seal(Buffer.from(JSON.stringify(json)), contextOf(id))
  return {
    id,
    job: MESSAGES_JOB,
    lane: tenantId,
    payload: JSON.stringify({ connectionId, sealed }),
    due_at: now().toISOString(),
  }
}

/** The message in a row of the outbox. */
export function openOutgoing(
  { secrets }: Pick<Deps, 'secrets'>,
  { id, payload }: { id: string; payload: string },
): Outgoing {
  const { connectionId, sealed } = JSON.parse(payload) as { connectionId: string; sealed: string }
  return { connectionId, id, json: JSON.parse(Buffer.from(secrets.open(sealed, contextOf(id))).toString()) }
}

const contextOf = (id: string) => `message ${id}`

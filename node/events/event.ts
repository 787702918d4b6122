import { randomUUID } from 'node:crypto'
import type { JsonObject } from '../json.ts'
import { requestContext } from '../request-context.ts'
import type { NewRow } from '../stores/tables.ts'

/** What is worth telling of the node: told to the audit log, and to whoever subscribed to it. */
export const eventTypes = ['credentials.issued'] as const
export type EventType = (typeof eventTypes)[number]

/** Something that happened. */
export interface NodeEvent {
  type: EventType
  /** Id of what it happened to: an issuer DID, a credential, a schema. */
  subject: string
  data: JsonObject
  at: Date
}

/** The row of an event, on behalf of whom the present work is done. It is written in the transaction of the act itself. */
export function eventRow({ type, subject, data, at }: NodeEvent): NewRow<'events'> {
  const { tenantId, actor, requestId } = requestContext()
  return {
    id: randomUUID(),
    at: at.toISOString(),
    tenant_id: tenantId,
    actor,
    request_id: requestId,
    type,
    subject,
    data: JSON.stringify(data),
    seq: null,
    hash: null,
  }
}

import { canonicalForm } from '../canonical-form.ts'
import type { JsonObject } from '../json.ts'
import { requestContext } from '../request-context.ts'
import type { NewRow } from '../stores/tables.ts'
import { eventId } from './event-id.ts'

/** What is worth telling of the node: told to the audit log, and to whoever subscribed to it. */
export const eventTypes = [
  'credentials.issued',
  'bulk.ended',
  'credentials.registered',
  'credentials.refused',
  'credentials.revoked',
  'credentials.suspended',
  'credentials.reinstated',
  'credentials.erased',
  'did.created',
  'did.imported',
  'did.updated',
  'did.keys_rotated',
  'did.keys_compromised',
  'did.deactivated',
  'schema.registered',
  'schema.deactivated',
  'schema.issuers_changed',
  'context.registered',
  'definition.registered',
  'definition.failed',
  'definition.deactivated',
  'wallet.credential_deleted',
  'offer.made',
  'offer.collected',
  'api_key.created',
  'api_key.revoked',
  'connection.invited',
  'connection.requested',
  'connection.responded',
  'connection.done',
  'connection.abandoned',
  'exchange.proposed',
  'exchange.offered',
  'exchange.requested',
  'exchange.issued',
  'exchange.done',
  'exchange.abandoned',
  'exchange.deleted',
  'webhook.created',
  'webhook.updated',
  'webhook.deleted',
  'webhook.disabled',
] as const
export type EventType = (typeof eventTypes)[number]

/** Something that happened. */
export interface NodeEvent {
  type: EventType
  /** Id of what it happened to: an issuer DID, a credential, a schema. */
  subject: string
  /** Ids, digests and counts: no personal data and no secrets, since the log never forgets. */
  data: JsonObject
  at: Date
  /** Whose event it is; of whoever the present work is done for when left out. */
  tenantId?: string | undefined
}

/** The row of an event, on behalf of whom the present work is done. It is written in the transaction of the act itself. */
export function eventRow({ type, subject, data, at, tenantId }: NodeEvent): NewRow<'events'> {
  const context = requestContext()
  return {
    id: eventId(),
    at: at.toISOString(),
    tenant_id: tenantId ?? context.tenantId,
    actor: context.actor,
    request_id: context.requestId,
    type,
    subject,
    data: canonicalForm(data),
    seq: null,
    hash: null,
  }
}

import { createHash } from 'node:crypto'
import type { Json, JsonObject } from '../json.ts'
import type { PlacedEventRow } from '../stores/audit-log.ts'
import type { NewDeliveryRow } from '../stores/webhook-deliveries.ts'
import type { WebhookRow } from '../stores/webhooks.ts'

/** Longer lists are left out and named: a payload stays below the 20 kB that Standard Webhooks advises. */
const longestList = 8_192

/** What is told of events: one delivery for each address that wants to know of it. */
export function tellAll(
  events: readonly PlacedEventRow[],
  webhooks: readonly WebhookRow[],
): NewDeliveryRow[] {
  const wanted = webhooks.map((webhook) => ({ webhook, types: JSON.parse(webhook.types) as string[] }))
  return events.flatMap((event) => {
    const receivers = wanted.filter(
      ({ webhook, types }) =>
        webhook.tenant_id === event.tenant_id &&
        event.seq > webhook.from_seq &&
        (types.includes('*') || types.includes(event.type)),
    )
    if (receivers.length === 0) return []
    const payload = payloadOf(event)
    return receivers.map(({ webhook: { id } }) => ({
      id: messageId(event.id, id),
      webhook_id: id,
      type: event.type,
      payload,
    }))
  })
}

/** The body that is signed and sent (Standard Webhooks, Payload): type, timestamp and data. */
function payloadOf({ id, seq, type, at, subject, data }: PlacedEventRow): string {
  return JSON.stringify({
    type,
    timestamp: at,
    data: { eventId: id, seq, subject, ...thin(JSON.parse(data) as JsonObject) },
  })
}

function thin(data: JsonObject): JsonObject {
  const isLong = (value: Json) => Array.isArray(value) && JSON.stringify(value).length > longestList
  const omitted = Object.keys(data).filter((name) => isLong(data[name] as Json))
  if (omitted.length === 0) return data
  return { ...Object.fromEntries(Object.entries(data).filter(([name]) => !omitted.includes(name))), omitted }
}

/** The same for one event and address whenever it is made, so that a receiver can deduplicate by it. */
function messageId(eventId: string, webhookId: string): string {
  return `msg_${createHash('sha256').update(`${eventId} ${webhookId}`).digest('hex').slice(0, 32)}`
}

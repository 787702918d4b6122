/** Addresses that are told of events. */
export interface WebhooksTable {
  id: string
  tenant_id: string
  url: string
  description: string | null
  /** JSON array of event types; `*` means any. */
  types: string
  state: 'enabled' | 'disabled'
  disabled_reason: string | null
  /** Encrypted. */
  secret: string
  /** The secret before, with which is signed, too, for a time. */
  previous_secret: string | null
  previous_until: string | null
  /** Place in the audit log behind which events are told. */
  from_seq: number
  /** Since when no delivery succeeds; null when the last one did. */
  failing_since: string | null
  created_at: string
}

/** What they are told, each with a row in the outbox until it is delivered. */
export interface WebhookDeliveriesTable {
  /** Of its row in the outbox, and what the receiver deduplicates by. */
  id: string
  webhook_id: string
  type: string
  payload: string
  state: 'pending' | 'delivered' | 'dead'
  attempts: number
  /** HTTP status of the last answer. */
  status: number | null
  error: string | null
  created_at: string
  updated_at: string
}

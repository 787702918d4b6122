// Types as in tables.ts: what SQLite and PostgreSQL share.
type Flag = 0 | 1
type Time = string

/** Connections to other nodes. */
export interface ConnectionsTable {
  id: string
  tenant_id: string
  role: 'INVITER' | 'INVITEE'
  state: 'INVITATION' | 'REQUEST' | 'RESPONSE' | 'DONE' | 'ABANDONED'
  alias: string | null
  /** What this node calls itself there. */
  label: string | null
  their_label: string | null
  /** Inbox of the other side. */
  endpoint: string | null
  /** Token for that inbox, encrypted. */
  peer_token: string | null
  /** SHA-256 of the token with which the other side sends. */
  inbox_hash: string | null
  /** SHA-256 of the invitation's token. */
  invitation_hash: string | null
  created_at: Time
  updated_at: Time
  /** When it is abandoned unless it is done before. */
  expires_at: Time | null
}

/** Exchanges of credentials. */
export interface ExchangesTable {
  id: string
  tenant_id: string
  role: 'ISSUER' | 'HOLDER'
  state: 'PROPOSAL' | 'OFFER' | 'REQUEST' | 'ISSUED' | 'DONE' | 'ABANDONED'
  connection_id: string
  thread_id: string
  /** Name of an exchange format. */
  format: string
  /** Who issues, once there is an offer. */
  issuer_did: string | null
  /** JSON object: what both sides have said, by its kind. */
  messages: string
  /** JSON object: what the format keeps between steps. */
  kept: string | null
  auto_accept_request: Flag
  /** What was issued or stored. */
  credential_id: string | null
  created_at: Time
  updated_at: Time
  /** When it is abandoned; null once nothing but the other side's answer can change it. */
  expires_at: Time | null
  /** Deleted by its owner; the row stays so that no late message begins it anew. */
  removed_at: Time | null
}

/** Messages that were taken, so that one that comes twice changes nothing. */
export interface ReceivedMessagesTable {
  connection_id: string
  message_id: string
  /** SHA-256 of the message. */
  digest: string
  at: Time
}

/** W3C credentials that were received as a holder. */
export interface ReceivedCredentialsTable {
  credential_id: string
  tenant_id: string
  connection_id: string
  holder_did: string
  issuer_did: string
  /** As it was received: JSON text, or a token. */
  secured: string
  received_at: Time
}

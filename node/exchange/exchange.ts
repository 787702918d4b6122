import { IssuerError } from '../errors.ts'
import type { Queue } from '../jobs/queue.ts'
import type { JsonObject } from '../json.ts'
import type { SecretBox } from '../keys/secret-box.ts'
import type { ConnectionRow, ConnectionStore } from '../stores/connections.ts'
import type { ExchangeRow, ExchangeStore } from '../stores/exchanges.ts'
import type { ExchangeFormat, FormatContext, Said, Saying } from './formats/exchange-format.ts'
import type { Role, State } from './machine.ts'

/** What exchanges stand on. */
export interface ExchangeDeps {
  exchanges: ExchangeStore
  connections: Pick<ConnectionStore, 'find'>
  formats: readonly ExchangeFormat[]
  secrets: SecretBox
  queue: Pick<Queue, 'notify'>
  now(): Date
}

/** Whoever asks: a tenant, and the issuer DIDs to which it is limited; undefined means any. */
export interface Asker {
  tenantId: string
  issuers: readonly string[] | undefined
}

/** What was said in one step, with the words that go with it. */
export type Spoken = Saying & { comment?: string }

/** All that was said, and why it ended without a credential. */
export type Messages = Partial<Record<keyof Said, Spoken>> & { problem?: Problem }

/** Why an exchange was abandoned, and by which side. */
export interface Problem {
  code: string
  comment?: string
  by: 'us' | 'them'
}

/** An exchange as its owner sees it. Times are ISO 8601. */
export interface Exchange {
  id: string
  role: Role
  state: State
  connectionId: string
  threadId: string
  format: string
  issuerDid: string | null
  autoAcceptRequest: boolean
  /** What was issued (as an issuer, where the node has a record of it) or stored (as a holder). */
  credentialId: string | null
  messages: Messages
  createdAt: string
  updatedAt: string
  expiresAt: string | null
}

export function exchangeOf(row: ExchangeRow): Exchange {
  return {
    id: row.id,
    role: row.role,
    state: row.state,
    connectionId: row.connection_id,
    threadId: row.thread_id,
    format: row.format,
    issuerDid: row.issuer_did,
    autoAcceptRequest: row.auto_accept_request === 1,
    credentialId: row.credential_id,
    messages: messagesOf(row),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    expiresAt: row.expires_at,
  }
}

export const messagesOf = (row: Pick<ExchangeRow, 'messages'>): Messages => JSON.parse(row.messages)

/** An exchange as its format sees it. */
export function contextOf(row: ExchangeRow): FormatContext {
  return {
    tenantId: row.tenant_id,
    connectionId: row.connection_id,
    threadId: row.thread_id,
    said: messagesOf(row),
    kept: row.kept === null ? undefined : (JSON.parse(row.kept) as JsonObject),
  }
}

/** @throws EXCHANGE_FORMAT_UNSUPPORTED */
export function requireFormat({ formats }: Pick<ExchangeDeps, 'formats'>, name: string): ExchangeFormat {
  const format = formats.find((each) => each.name === name)
  if (format) return format
  throw new IssuerError('EXCHANGE_FORMAT_UNSUPPORTED', {
    facts: { format: name, supported: formats.map((each) => each.name).join(', ') },
  })
}

/** @throws EXCHANGE_NOT_FOUND, also when it is another tenant's, or of an issuer outside the limits */
export async function requireExchange(
  { exchanges }: Pick<ExchangeDeps, 'exchanges'>,
  { tenantId, issuers, exchangeId }: Asker & { exchangeId: string },
): Promise<ExchangeRow> {
  const row = await exchanges.find(exchangeId)
  const isTheirs = row?.tenant_id === tenantId && row.removed_at === null
  const isLimited = row?.role === 'ISSUER' && row.issuer_did !== null && issuers !== undefined
  if (row && isTheirs && !(isLimited && !issuers.includes(row.issuer_did as string))) return row
  throw new IssuerError('EXCHANGE_NOT_FOUND', { facts: { exchangeId } })
}

/** A connection that both sides have made. @throws CONNECTION_NOT_FOUND, CONNECTION_STATE */
export async function requireOpenConnection(
  { connections }: Pick<ExchangeDeps, 'connections'>,
  { tenantId, connectionId }: { tenantId: string; connectionId: string },
): Promise<ConnectionRow> {
  const row = await connections.find(connectionId)
  const facts = { connectionId }
  if (row?.tenant_id !== tenantId) throw new IssuerError('CONNECTION_NOT_FOUND', { facts })
  if (row.state === 'DONE') return row
  throw new IssuerError('CONNECTION_STATE', { facts: { ...facts, state: row.state } })
}

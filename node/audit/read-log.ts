import type { JsonObject } from '../json.ts'
import { defaultTenant } from '../request-context.ts'
import type { AnchoredHeadRow, AuditLogStore, PlacedEventRow } from '../stores/audit-log.ts'
import type { AuditEntry, AuditHead } from './entry.ts'
import { storedDigest } from './place-events.ts'

/** A head of the log that a registration on the ledger commits to; hashes of the ledger are hex with 0x. */
export interface AnchoredHead extends AuditHead {
  /** Key of the status list in which the registration was made. */
  listKey: string
  root: string
  /** Merkle path from the head, at the index 2^256 − 1, to the root. */
  proof: string[]
  transactionHash: string
  blockNumber: number
}

interface Page<T> {
  items: T[]
  /** Asks for what follows; null at the present end. */
  nextCursor: string | null
}

/** The audit log as its readers see it. */
export interface AuditLog {
  /** Entries in order; of the entries of other tenants a tenant gets the digest alone. */
  entries(question: { tenantId: string; limit: number; after: number }): Promise<Page<AuditEntry>>
  anchors(question: { limit: number; after: { seq: number; id: string } }): Promise<Page<AnchoredHead>>
  head(): Promise<AuditHead & { anchored: AnchoredHead | null }>
}

export function createAuditLog(auditLog: AuditLogStore): AuditLog {
  return {
    async entries({ tenantId, limit, after }) {
      const rows = await auditLog.entries({ after, limit })
      const all = tenantId === defaultTenant
      return {
        items: rows.map((row) => (all || row.tenant_id === tenantId ? toEntry(row) : concealed(row))),
        nextCursor: rows.length === limit ? String(rows.at(-1)?.seq) : null,
      }
    },
    async anchors({ limit, after }) {
      const place = { seq: after.seq, registration_id: after.id }
      const rows = await auditLog.anchored({ after: place, limit })
      const last = rows.length === limit ? rows.at(-1) : undefined
      return { items: rows.map(toAnchor), nextCursor: last ? `${last.seq}.${last.registration_id}` : null }
    },
    async head() {
      const [head, last] = await Promise.all([auditLog.head(), auditLog.lastAnchored()])
      return { ...head, anchored: last ? toAnchor(last) : null }
    },
  }
}

function toEntry(row: PlacedEventRow): AuditEntry {
  return {
    seq: row.seq,
    hash: row.hash,
    id: row.id,
    at: row.at,
    tenantId: row.tenant_id,
    actor: row.actor,
    requestId: row.request_id,
    type: row.type,
    subject: row.subject,
    data: JSON.parse(row.data) as JsonObject,
  }
}

const concealed = (row: PlacedEventRow): AuditEntry => ({
  seq: row.seq,
  hash: row.hash,
  digest: storedDigest(row.seq, row),
})

const toAnchor = (row: AnchoredHeadRow): AnchoredHead => ({
  seq: row.seq,
  hash: row.hash,
  listKey: row.list_key,
  root: row.root,
  proof: JSON.parse(row.proof) as string[],
  transactionHash: row.transaction_hash,
  blockNumber: row.block_number,
})

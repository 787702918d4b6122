import type { RecalledRow, RecallRow } from '../stores/recalls.ts'

/** A recall as its tenant sees it. Times: ISO 8601, UTC. */
export interface Recall {
  recallId: string
  issuerDid: string
  verificationMethod: string
  since: string
  action: 'revoke' | 'reissue'
  reason: string | null
  state: 'running' | 'done' | 'failed'
  /** Credentials that the key had signed since then, when the recall was ordered. */
  total: number
  done: number
  failed: number
  /** Code of the error that ended it. */
  problem: string | null
  createdAt: string
  finishedAt: string | null
}

/** What became of one credential of a recall. */
export interface RecalledCredential {
  credentialId: string
  outcome: 'revoked' | 'reissued' | 'failed'
  /** The credential that takes its place. */
  newCredentialId: string | null
  /** Code of the error for which it failed. */
  problem: string | null
}

/** A row of the database in the words of the API. */
export const recallOf = (row: RecallRow): Recall => ({
  recallId: row.recall_id,
  issuerDid: row.issuer_did,
  verificationMethod: row.verification_method,
  since: row.since,
  action: row.action,
  reason: row.reason,
  state: row.state,
  total: row.total,
  done: row.done,
  failed: row.failed,
  problem: row.problem,
  createdAt: row.created_at,
  finishedAt: row.finished_at,
})

/** A row of the database in the words of the API. */
export const recalledOf = (row: RecalledRow): RecalledCredential => ({
  credentialId: row.credential_id,
  outcome: row.outcome,
  newCredentialId: row.new_credential_id,
  problem: row.problem,
})

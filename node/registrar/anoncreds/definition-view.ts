import type { DefinitionRow } from '../../stores/anoncreds-definitions.ts'

/** A credential definition of this node, on its way to the ledger or there. Times: ISO 8601, UTC. */
export interface DefinitionView {
  credDefId: string
  schemaId: string
  issuerDid: string
  tag: string
  /** `generating`: its key is being made; `made`: on its way to the ledger. */
  state: DefinitionRow['state']
  /** Safe primes found so far, of two. */
  primes: number
  /** Code of the error for which it failed. */
  reason: string | null
  /** SHA-256 of the content on the ledger, hex with 0x; null until it is made. */
  digest: string | null
  active: boolean
  transactionHash: string | null
  createdAt: string
}

export function viewDefinition(row: DefinitionRow): DefinitionView {
  return {
    credDefId: row.cred_def_id,
    schemaId: row.schema_id,
    issuerDid: row.issuer_did,
    tag: row.tag,
    state: row.state,
    primes: row.primes,
    reason: row.reason,
    digest: row.digest,
    active: row.active === 1,
    transactionHash: row.transaction_hash,
    createdAt: row.created_at,
  }
}

import { parseSecured } from '../secured-text.ts'
import type { ReceivedCredentialRow } from '../stores/received-credentials.ts'
import type { Secured } from '../suites/suite.ts'

/** A W3C credential that was received as a holder. */
export interface ReceivedCredential {
  credentialId: string
  holderDid: string
  issuerDid: string
  connectionId: string
  credential: Secured
  receivedAt: string
}

export function receivedCredential(row: ReceivedCredentialRow): ReceivedCredential {
  return {
    credentialId: row.credential_id,
    holderDid: row.holder_did,
    issuerDid: row.issuer_did,
    connectionId: row.connection_id,
    credential: parseSecured(row.secured),
    receivedAt: row.received_at,
  }
}

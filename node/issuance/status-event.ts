import { eventRow } from '../events/event.ts'
import type { ChangedCredentials } from '../stores/status-changes.ts'
import type { StatusAction } from './issuance.ts'

const types = {
  revoke: 'credentials.revoked',
  suspend: 'credentials.suspended',
  reinstate: 'credentials.reinstated',
} as const

/** Makes the event of credentials whose status was changed; without hashes where only the ledger's state is known. */
export function statusChanged(
  { now }: { now(): Date },
  action: StatusAction,
  transactionHashes: readonly string[] | null,
) {
  return ({ issuerDid, tenantId, credentialIds }: ChangedCredentials) =>
    eventRow({
      type: types[action],
      subject: issuerDid,
      data: {
        count: credentialIds.length,
        credentialIds: [...credentialIds],
        transactionHashes: transactionHashes && [...transactionHashes],
      },
      at: now(),
      tenantId,
    })
}

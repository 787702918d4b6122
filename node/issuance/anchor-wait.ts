import type { Registration } from './issuance.ts'
import type { CheckedTerms, PipelineDeps } from './pipeline.ts'

/**
 * Waits for the registration of credentials that were recorded together, by one of them; there is none for
 * credentials without status entry.
 * @throws ISSUER_DEACTIVATED, DELEGATION_ON_LEDGER_MISSING, TRANSACTION_REVERTED when the ledger refused it
 */
export async function anchorWait(
  deps: Pick<PipelineDeps, 'anchor'>,
  terms: Pick<CheckedTerms, 'purposes'>,
  { credentialId }: { credentialId: string },
): Promise<Registration> {
  if (terms.purposes.length === 0) return { state: 'none', transactionHash: null }
  return deps.anchor.wait(credentialId)
}

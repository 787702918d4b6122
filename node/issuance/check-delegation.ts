import { delegationType } from '../delegation/read-delegation.ts'
import { IssuerError } from '../errors.ts'
import type { Subject } from './issuance.ts'
import type { CheckedTerms, PipelineDeps } from './pipeline.ts'

/** Whether a credential that delegates stays within what its parent allows. @throws DELEGATION_INVALID */
export function checkDelegation(
  deps: Pick<PipelineDeps, 'checkDelegation'>,
  terms: CheckedTerms,
  subject: Subject & { credentialId: string },
): Promise<void> | undefined {
  if (terms.schema.type !== delegationType) return undefined
  if (terms.suite.derive) {
    const detail = `What limits a delegation could be concealed with the proof type ${terms.suite.name}.`
    throw new IssuerError('DELEGATION_INVALID', { detail })
  }
  return deps.checkDelegation?.({
    credentialId: subject.credentialId,
    type: terms.schema.type,
    issuerDid: terms.issuer.did,
    holderDid: subject.holderDid,
    claims: subject.claims,
    validFrom: terms.validFrom,
    ...(terms.validUntil && { validUntil: terms.validUntil }),
  })
}

import { type ConstructDeps, type ConstructInput, createConstructor } from './construct.ts'
import type { IssuedCredential } from './issuance.ts'
import type { CheckedTerms, PipelineDeps } from './pipeline.ts'
import { sign } from './sign.ts'

/**
 * Constructs and signs a credential to see that it can be done, throws the signed one away, since nobody could
 * revoke it, and gives the unsecured document without a status entry.
 * @throws SIGNING_FAILED, SCHEMA_VALIDATION_FAILED
 */
export async function rehearse(
  deps: ConstructDeps & Pick<PipelineDeps, 'now'>,
  terms: CheckedTerms,
  subject: Omit<ConstructInput, 'entry'>,
): Promise<IssuedCredential> {
  const document = createConstructor(deps, terms)({ ...subject, entry: undefined })
  await sign(terms, { document, created: deps.now() })
  return {
    credential: document,
    credentialId: subject.credentialId,
    statusListId: null,
    statusListIndex: null,
    registration: { state: 'none', transactionHash: null },
  }
}

import type { OpenedCredential } from '../formats/format.ts'
import type { ProofVerdict } from '../suites/suite.ts'
import { checkProofBy, type ProofDeps } from './check-proof-by.ts'

/** Whether the proofs of a credential hold, the issuer's own among them, made with assertion keys. */
export function checkProof(
  deps: ProofDeps,
  { secured, facts }: Pick<OpenedCredential, 'secured' | 'facts'>,
): Promise<ProofVerdict> {
  return checkProofBy(deps, { secured, party: facts.issuer })
}

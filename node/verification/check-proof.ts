import type { OpenedCredential } from '../formats/format.ts'
import type { DocumentLoader, ProofVerdict } from '../suites/suite.ts'
import { undecided } from './undecided.ts'
import type { VerificationDeps } from './verification.ts'

/** Whether the signature holds and was made with an assertion key of the issuer. */
export async function checkProof(
  deps: Pick<VerificationDeps, 'suites' | 'resolveDid' | 'resolveKey' | 'now'> & {
    documentLoader: DocumentLoader
  },
  { secured }: OpenedCredential,
): Promise<ProofVerdict> {
  const suite = deps.suites.find((candidate) => candidate.recognises(secured))
  if (!suite) {
    return { status: 'fail', type: 'none', reason: 'The credential has no proof of a supported type.' }
  }
  const { resolveKey, documentLoader } = deps
  const resolveDidDocument = async (did: string) => (await deps.resolveDid(did))?.document
  return undecided<ProofVerdict>(
    () => suite.verify(secured, { resolveKey, resolveDidDocument, documentLoader, now: deps.now() }),
    (reason) => ({ status: 'unknown', type: suite.name, reason }),
  )
}

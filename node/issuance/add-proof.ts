import { proofSetViolations } from '../documents/proof-set.ts'
import { IssuerError, type Violation } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { Secured } from '../suites/suite.ts'
import type { DocumentDeps, DocumentRequest, DocumentTerms } from './document-terms.ts'
import { sign } from './sign.ts'

const malformed = (violations: readonly Violation[]) =>
  new IssuerError('MALFORMED_REQUEST', { detail: 'No proof can be added to this credential.', violations })

/**
 * Signs a document that has proofs already: the new proof is added to the set, or follows those that `previousProof`
 * names (Verifiable Credential Data Integrity 1.0, 2.1.1 and 2.1.2). The document stays as it is, and so do its proofs,
 * which must hold.
 * @throws MALFORMED_REQUEST, and what `sign` throws
 */
export async function addProof(
  deps: Pick<DocumentDeps, 'checkProofs' | 'now'>,
  terms: DocumentTerms,
  request: DocumentRequest & { proofs: readonly JsonObject[] },
): Promise<Awaited<ReturnType<typeof sign>>> {
  const { document, proofs, proofId } = request
  const violations = violationsOf(request, terms)
  if (violations.length > 0) throw malformed(violations)
  const previousProofs = proofs.filter(({ id }) => request.previousProof?.includes(id as string))
  const signed = await sign(terms, {
    ...{ document, proofs, previousProofs, created: deps.now() },
    ...(proofId !== undefined && { proofId }),
  })
  await checkAll(deps, terms, signed.secured)
  return signed
}

function violationsOf(
  request: DocumentRequest & { proofs: readonly JsonObject[] },
  { suite }: DocumentTerms,
) {
  const { document, proofs, purposes, previousProof = [] } = request
  const found = proofSetViolations({ ...document, proof: [...proofs] })
  if (purposes.length > 0) {
    found.push({
      pointer: '/options/statusPurpose',
      message: 'would change a document that is signed already',
    })
  }
  if (suite.derive)
    found.push({ pointer: '/options', message: 'a proof with selective disclosure stands alone' })
  const ids = new Set(proofs.map(({ id }) => id))
  if (!previousProof.every((id) => ids.has(id))) {
    found.push({ pointer: '/options/previousProof', message: 'must name proofs of this document' })
  }
  return found
}

/** All of them together, as a verifier will: nobody gets a set of which one proof does not hold. */
async function checkAll(
  deps: Pick<DocumentDeps, 'checkProofs'>,
  { facts, documentLoader }: DocumentTerms,
  secured: Secured,
): Promise<void> {
  const violations = proofSetViolations(secured as JsonObject)
  if (violations.length > 0) throw malformed(violations)
  const { status, reason } = await deps.checkProofs({ secured, party: facts.issuer, documentLoader })
  const message = `must hold: ${reason ?? status}`
  if (status !== 'pass') throw malformed([{ pointer: '/proof', message }])
}

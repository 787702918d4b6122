import { CredentialIssuancePurpose } from '@digitalbazaar/vc'
import jsigs from 'jsonld-signatures'
import { IssuerError } from '../errors.ts'
import { asText, type JsonObject } from '../json.ts'
import { checkEmbeddedProof, checkSignable, type ProvenDocument, splitProof } from './embedded-proof.ts'
import { describeLinkedDataError, issuerErrorIn } from './linked-data-error.ts'
import { purposeMembers } from './purpose-members.ts'
import { requireContexts } from './require-contexts.ts'
import type {
  DocumentLoader,
  ProofVerdict,
  ResolvedKey,
  Secured,
  SecureOptions,
  VerifyOptions,
} from './suite.ts'

/** A loader that keeps what it threw: jsonld wraps it beyond recognition. */
function watched(documentLoader: DocumentLoader): { load: DocumentLoader; thrown(): unknown } {
  let first: unknown
  return {
    load: async (url) => {
      try {
        return await documentLoader(url)
      } catch (error) {
        first ??= error
        throw error
      }
    },
    thrown: () => first,
  }
}

/** A proof in a chain covers the document with its previous proofs (Verifiable Credential Data Integrity 1.0, 4.3). */
function coverPreviousProofs(suite: LibrarySuite, previousProofs: readonly JsonObject[] = []): LibrarySuite {
  if (previousProofs.length === 0) return suite
  const withProofs = (options: LibraryProofOptions) => ({
    ...options,
    document: { ...options.document, proof: [...previousProofs] },
  })
  const createProof = suite.createProof.bind(suite)
  const verifyProof = suite.verifyProof.bind(suite)
  suite.createProof = (options) => createProof(withProofs(options))
  suite.verifyProof = (options) => verifyProof(withProofs(options))
  return suite
}

/**
 * Signs a document as linked data with one of Digital Bazaar's suites, jsonld in safe mode.
 * @throws SIGNING_FAILED, with the undefined term in its detail
 */
export async function secureLinkedData(
  document: JsonObject,
  { suite, documentLoader, ...terms }: Omit<SecureOptions, 'created' | 'key'> & { suite: LibrarySuite },
): Promise<JsonObject> {
  checkSignable(document)
  const loader = watched(documentLoader)
  try {
    await requireContexts(document, loader.load)
    return await jsigs.sign(
      { ...document },
      {
        suite: coverPreviousProofs(suite, terms.previousProofs),
        purpose: { update: async (proof: JsonObject) => ({ ...proof, ...purposeMembers(terms) }) },
        documentLoader: loader.load,
        addSuiteContext: false,
      },
    )
  } catch (error) {
    const thrown = loader.thrown() ?? error
    if (thrown instanceof IssuerError) throw thrown
    throw new IssuerError('SIGNING_FAILED', { detail: describeLinkedDataError(error), cause: error })
  }
}

/** The proof's own context would change what its terms mean, without being part of what is signed. */
function hasForeignContext({ document, proof }: ProvenDocument): boolean {
  const own = proof['@context']
  return own !== undefined && JSON.stringify(own) !== JSON.stringify(document['@context'])
}

async function verifySignature(
  secured: JsonObject,
  {
    suite,
    resolved,
    documentLoader,
    purpose = 'assertionMethod',
    controller,
    previousProofs,
  }: { suite: LibrarySuite; resolved: ResolvedKey } & Omit<VerifyOptions, 'resolveKey' | 'now'>,
): Promise<Pick<ProofVerdict, 'status' | 'reason'>> {
  const { verificationMethod, didDocument } = resolved
  const loader = watched(documentLoader)
  const isByIssuer = purpose === 'assertionMethod' && controller === undefined
  const { verified, error } = await jsigs.verify(secured, {
    suite: coverPreviousProofs(suite, previousProofs),
    purpose: isByIssuer
      ? new CredentialIssuancePurpose({ controller: didDocument })
      : new jsigs.purposes.ControllerProofPurpose({ term: purpose, controller: didDocument }),
    documentLoader: async (url) =>
      url === verificationMethod.id
        ? { contextUrl: null, documentUrl: url, document: verificationMethod }
        : loader.load(url),
  })
  if (verified) return { status: 'pass' }
  const thrown = loader.thrown() ?? issuerErrorIn(error)
  const unreachable = thrown instanceof IssuerError && thrown.retryable
  return { status: unreachable ? 'unknown' : 'fail', reason: describeLinkedDataError(thrown ?? error) }
}

/** Verifies the one linked data proof of a document with one of Digital Bazaar's suites. */
export async function verifyLinkedData(
  secured: Secured,
  { suite, type, ...options }: VerifyOptions & { suite: LibrarySuite; type: string },
): Promise<ProofVerdict> {
  const proven = splitProof(secured)
  if (!proven) return { status: 'fail', type, reason: 'The document must have one proof, not a set.' }
  const verificationMethod = asText(proven.proof.verificationMethod)
  if (hasForeignContext(proven)) {
    return { status: 'fail', type, verificationMethod, reason: "The proof's @context is not the document's." }
  }
  const checked = await checkEmbeddedProof(proven, options)
  if ('status' in checked) return { type, verificationMethod, ...checked }
  const { document, proof } = proven
  try {
    // jsonld keeps contexts by their URL for the whole process: only the loader knows which of them this document may
    // use. With the context of another schema a holder could give the signed claims each other's names.
    await requireContexts(document, options.documentLoader)
  } catch (error) {
    if (!(error instanceof IssuerError)) throw error
    return { type, verificationMethod, status: error.retryable ? 'unknown' : 'fail', reason: error.message }
  }
  // the library takes two inline contexts for the same only where they are one object
  const own = proof['@context'] === undefined ? {} : { '@context': document['@context'] }
  const verdict = await verifySignature(
    { ...document, proof: { ...proof, ...own } },
    { ...options, suite, resolved: checked.resolved },
  )
  return { type, verificationMethod, ...verdict }
}

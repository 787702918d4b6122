import { createHash } from 'node:crypto'
import { base58 } from '@scure/base'
import canonicalize from 'canonicalize'
import { IssuerError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { dataIntegrityContext } from './contexts/bundled-contexts.ts'
import { checkEmbeddedProof, checkSignable, type ProvenDocument, splitProof } from './embedded-proof.ts'
import type { DocumentLoader, ProofVerdict, Suite } from './suite.ts'
import { type VerificationKey, verificationKey, verifySignature } from './verification-key.ts'

const name = 'eddsa-jcs-2022'

const jcsHash = (value: JsonObject): Buffer =>
  createHash('sha256')
    .update(canonicalize(value) ?? '')
    .digest()

/** Hash of the proof's options, then of the document (Data Integrity EdDSA Cryptosuites 1.0, 3.3.4). */
const hashData = (document: JsonObject, options: JsonObject): Buffer =>
  Buffer.concat([jcsHash(options), jcsHash(document)])

/** JCS signs every byte and never expands; a context that nobody knows would still leave the terms without meaning. */
async function requireContexts(document: JsonObject, documentLoader: DocumentLoader): Promise<void> {
  await Promise.all([document['@context'] ?? []].flat().map((url) => documentLoader(url as string)))
}

async function secure(
  document: JsonObject,
  { key, created, documentLoader }: Parameters<Suite['secure']>[1],
): Promise<JsonObject> {
  checkSignable(document, key)
  await requireContexts(document, documentLoader)
  const options = {
    type: 'DataIntegrityProof',
    cryptosuite: name,
    created: `${created.toISOString().slice(0, 19)}Z`,
    verificationMethod: key.verificationMethod,
    proofPurpose: 'assertionMethod',
    '@context': document['@context'],
  }
  const signature = await key.signer.sign(hashData(document, options))
  return { ...document, proof: { ...options, proofValue: `z${base58.encode(signature)}` } }
}

function isSigned({ document, proof }: ProvenDocument, key: VerificationKey): boolean {
  const { proofValue, ...options } = proof
  // 64 bytes are at most 88 digits of base58.
  if (typeof proofValue !== 'string' || proofValue.length > 89 || !proofValue.startsWith('z')) return false
  try {
    return verifySignature(key, hashData(document, options), base58.decode(proofValue.slice(1)))
  } catch {
    // Not base58, or text that has no JCS form (a lone surrogate).
    return false
  }
}

/**
 * The specification lets the document's contexts go on where the proof's end (3.3.2, step 4), and then takes only the
 * proof's. Whoever reads on with the received document would take all of them, so that they must be the same here.
 */
const hasSameContexts = ({ document, proof }: ProvenDocument): boolean =>
  JSON.stringify(document['@context']) === JSON.stringify(proof['@context'])

async function contextVerdict(
  document: JsonObject,
  documentLoader: DocumentLoader,
): Promise<Pick<ProofVerdict, 'status' | 'reason'> | undefined> {
  try {
    await requireContexts(document, documentLoader)
    return undefined
  } catch (error) {
    if (!(error instanceof IssuerError)) throw error
    return { status: error.retryable ? 'unknown' : 'fail', reason: error.message }
  }
}

async function verify(
  secured: Parameters<Suite['verify']>[0],
  { resolveKey, documentLoader, now }: Parameters<Suite['verify']>[1],
): Promise<ProofVerdict> {
  const proven = splitProof(secured)
  if (!proven) return { status: 'fail', type: name, reason: 'The document must have one proof, not a set.' }
  const { document, proof } = proven
  const verdict = { type: name, verificationMethod: String(proof.verificationMethod) }
  const fail = (reason: string): ProofVerdict => ({ ...verdict, status: 'fail', reason })
  if (proof.type !== 'DataIntegrityProof') return fail('The type of the proof is not DataIntegrityProof.')
  if (!hasSameContexts(proven)) return fail("The proof's @context is not the document's.")
  const checked = await checkEmbeddedProof(proven, { resolveKey, now })
  if ('status' in checked) return { ...verdict, ...checked }
  const undecided = await contextVerdict(document, documentLoader)
  if (undecided) return { ...verdict, ...undecided }
  const key = verificationKey(checked.resolved.verificationMethod)
  if (key?.type !== 'Ed25519') return fail('The verification method holds no Ed25519 key.')
  return isSigned(proven, key) ? { ...verdict, status: 'pass' } : fail('Invalid signature.')
}

/** Ed25519 over the JCS bytes of a document (Data Integrity EdDSA Cryptosuites 1.0, 3.3), with node:crypto alone. */
export function eddsaJcs2022(termsUrl: string): Suite {
  return {
    name,
    format: 'data-integrity',
    keyTypes: ['Ed25519'],
    dataModels: ['2.0', '1.1'],
    contexts: (dataModel) => (dataModel === '1.1' ? [termsUrl, dataIntegrityContext] : []),
    recognises: (secured) => splitProof(secured)?.proof.cryptosuite === name,
    secure,
    verify,
  }
}

import { randomBytes } from 'node:crypto'
import { IssuerError } from '../errors.ts'
import { asText, type JsonObject } from '../json.ts'
import { inThread } from '../threads/in-thread.ts'
import { baseProofSuite } from './bbs/base-proof.ts'
import { derivedProofSuite } from './bbs/derived-proof.ts'
import { isBaseProofValue, parseBaseProof, serializeDerivedProof } from './bbs/proof-value.ts'
import { dataIntegrityContext } from './contexts/bundled-contexts.ts'
import { derivationFailure, deriving } from './derivation-failure.ts'
import { addedPointers, mandatoryPointersFor, pointersProblem } from './disclosed-pointers.ts'
import { splitProof } from './embedded-proof.ts'
import { secureLinkedData } from './linked-data-proof.ts'
import { inRdfThread } from './rdf/in-rdf-thread.ts'
import { requireContexts } from './require-contexts.ts'
import { verifyRdfProof } from './signed-statements.ts'
import type { DeriveOptions, ProofVerdict, Secured, SecureOptions, Suite, VerifyOptions } from './suite.ts'

const name = 'bbs-2023'
const keyTypes = ['Bls12381G2'] as const

async function secure(document: JsonObject, options: SecureOptions): Promise<JsonObject> {
  const { created, key, mandatoryPointers: further, ...terms } = options
  const mandatoryPointers = mandatoryPointersFor(document, further)
  const covers = terms.previousProofs?.length ? 'A bbs-2023 proof covers no other proofs.' : undefined
  const detail = pointersProblem(document, mandatoryPointers) ?? covers
  if (detail !== undefined) throw new IssuerError('SIGNING_FAILED', { detail })
  const hmacKey = randomBytes(32)
  const suite = baseProofSuite({ name, keyTypes, key, created, mandatoryPointers, hmacKey })
  return secureLinkedData(document, { ...terms, suite })
}

async function verify(secured: Secured, options: VerifyOptions): Promise<ProofVerdict> {
  const proof = splitProof(secured)?.proof
  if (isBaseProofValue(asText(proof?.proofValue))) {
    const reason = 'This is a base proof, for the holder alone: what verifies is derived from it.'
    return { status: 'fail', type: name, verificationMethod: asText(proof?.verificationMethod), reason }
  }
  return verifyRdfProof(secured, { ...options, type: name, suite: derivedProofSuite(name, keyTypes) })
}

/** Data Integrity BBS Cryptosuites 1.0, 3.4.6. */
async function disclose(secured: Secured, options: DeriveOptions): Promise<JsonObject> {
  const proven = splitProof(secured)
  const base = proven && parseBaseProof(asText(proven.proof.proofValue))
  if (!base) throw derivationFailure('The proof is no base proof: nothing can be derived from it.')
  const { document, proof } = proven
  const { documentLoader } = options
  await requireContexts(document, documentLoader)
  const { selectivePointers, nonce } = options
  const chosen = { document, proof, base, selectivePointers, ...(nonce && { nonce }) }
  const { revealed, messages, value } = await inRdfThread('bbsDisclose', chosen, documentLoader)
  const signed = { publicKey: base.publicKey, signature: base.signature, header: base.header, messages }
  if (!(await inThread('bbs', 'verify', signed))) throw derivationFailure('The base proof does not hold.')
  const { presentationHeader, selectiveIndexes: indexes } = value
  const derived = await inThread('bbs', 'proofGen', { ...signed, presentationHeader, indexes })
  const { '@context': _, ...members } = proof
  return {
    ...revealed,
    proof: { ...members, proofValue: serializeDerivedProof({ ...value, proof: derived }) },
  }
}

/**
 * BBS over every statement of a document (Data Integrity BBS Cryptosuites 1.0, 3.4). What is secured has a base proof,
 * which is for the holder and does not verify; what is derived from it does, and two derivations share nothing but
 * what they reveal, `created` included.
 */
export function bbs2023(termsUrl: string): Suite {
  return {
    name,
    format: 'data-integrity',
    keyTypes,
    dataModels: ['2.0', '1.1'],
    contexts: (dataModel) => (dataModel === '1.1' ? [termsUrl, dataIntegrityContext] : []),
    recognises: (secured) => splitProof(secured)?.proof.cryptosuite === name,
    secure,
    verify,
    derive: (secured, options) => deriving(() => disclose(secured, options)),
    mandatoryPointersOf: (secured) =>
      addedPointers(parseBaseProof(asText(splitProof(secured)?.proof.proofValue))?.mandatoryPointers ?? []),
  }
}

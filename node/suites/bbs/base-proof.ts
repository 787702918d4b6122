import { DataIntegrityProof } from '@digitalbazaar/data-integrity'
import { IssuerError } from '../../errors.ts'
import type { JsonObject } from '../../json.ts'
import { librarySigner } from '../library-signer.ts'
import { inRdfThread } from '../rdf/in-rdf-thread.ts'
import type { AssertionKey, DocumentLoader } from '../suite.ts'
import { serializeBaseProof } from './proof-value.ts'
import type { SignData } from './sign-data.ts'

/** What a base proof is made with. */
interface Signing {
  name: string
  keyTypes: readonly ['Bls12381G2']
  key: AssertionKey
  created: Date
  mandatoryPointers: readonly string[]
  /** 32 random octets that settle the names of the blank nodes. */
  hmacKey: Uint8Array
}

interface ProofInput {
  document: JsonObject
  proof: JsonObject
  documentLoader: DocumentLoader
}

/**
 * Digital Bazaar's DataIntegrityProof, making base proofs (Data Integrity BBS Cryptosuites 1.0, 3.4.1). A thread finds what
 * is to be signed: measured on two cores, 32 at a time, that kept the event loop for up to 118 ms, and does for 7.
 */
export function baseProofSuite({ name, keyTypes, key, created, mandatoryPointers, hmacKey }: Signing) {
  const { signer } = key

  const createVerifyData = ({ document, proof, documentLoader }: ProofInput): Promise<SignData> =>
    inRdfThread('bbsSignData', { document, proof, mandatoryPointers, hmacKey }, documentLoader)

  async function createProofValue({ verifyData }: { verifyData: SignData }): Promise<string> {
    const signature = await signer.signMessages?.({ scheme: 'BBS', ...verifyData })
    if (!signature) throw new IssuerError('SIGNING_FAILED', { detail: 'The key signs no lists of messages.' })
    const { header } = verifyData
    return serializeBaseProof({ signature, header, publicKey: signer.publicKey, hmacKey, mandatoryPointers })
  }

  const steps = { createVerifier: async () => undefined, createVerifyData, createProofValue }
  const suite: LibrarySuite = new DataIntegrityProof({
    signer: librarySigner(key, keyTypes),
    date: created,
    cryptosuite: { name, requiredAlgorithm: keyTypes, ...steps },
  })
  return suite
}

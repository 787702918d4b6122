import { DataIntegrityProof } from '@digitalbazaar/data-integrity'
import { canonicalize } from '@digitalbazaar/di-sd-primitives'
import { IssuerError } from '../../errors.ts'
import type { JsonObject } from '../../json.ts'
import { librarySigner } from '../linked-data-proof.ts'
import { groupQuads } from '../selective-disclosure/group-quads.ts'
import type { AssertionKey, DocumentLoader } from '../suite.ts'
import { serializeBaseProof } from './proof-value.ts'
import { bbsHeader, shuffleLabels, toMessage } from './statements.ts'

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

interface ToSign {
  header: Uint8Array
  messages: Uint8Array[]
}

interface ProofInput {
  document: JsonObject
  proof: JsonObject
  documentLoader: DocumentLoader
}

/** Digital Bazaar's DataIntegrityProof, making base proofs (Data Integrity BBS Cryptosuites 1.0, 3.4.1). */
export function baseProofSuite({ name, keyTypes, key, created, mandatoryPointers, hmacKey }: Signing) {
  const { signer } = key

  async function createVerifyData({ document, proof, documentLoader }: ProofInput): Promise<ToSign> {
    const groups = { mandatory: mandatoryPointers }
    const labelNodes = shuffleLabels(hmacKey)
    const { quads, groups: found } = await groupQuads(document, { groups, documentLoader, labelNodes })
    const isMandatory = (_: string, place: number) => found.mandatory.places.has(place)
    const proofOptions = await suite.canonizeProof(proof, { document, documentLoader })
    return {
      header: bbsHeader(proofOptions, quads.filter(isMandatory)),
      messages: quads.filter((quad, place) => !isMandatory(quad, place)).map(toMessage),
    }
  }

  async function createProofValue({ verifyData }: { verifyData: ToSign }): Promise<string> {
    const signature = await signer.signMessages?.({ scheme: 'BBS', ...verifyData })
    if (!signature) throw new IssuerError('SIGNING_FAILED', { detail: 'The key signs no lists of messages.' })
    const { header } = verifyData
    return serializeBaseProof({ signature, header, publicKey: signer.publicKey, hmacKey, mandatoryPointers })
  }

  const createVerifier = async () => undefined
  const steps = { canonize: canonicalize, createVerifier, createVerifyData, createProofValue }
  const suite: LibrarySuite = new DataIntegrityProof({
    signer: librarySigner(key, keyTypes),
    date: created,
    cryptosuite: { name, requiredAlgorithm: keyTypes, ...steps },
  })
  return suite
}

import { DataIntegrityProof } from '@digitalbazaar/data-integrity'
import { canonicalize } from '@digitalbazaar/di-sd-primitives'
import type { JsonObject } from '../../json.ts'
import { groupQuads } from '../selective-disclosure/group-quads.ts'
import type { DocumentLoader } from '../suite.ts'
import { bbsHeader, shuffleLabels, toMessage } from './statements.ts'

/** A document to be signed. */
export interface SignDataInput {
  document: JsonObject
  proof: JsonObject
  mandatoryPointers: readonly string[]
  /** 32 random octets that settle the names of the blank nodes. */
  hmacKey: Uint8Array
}

/** What BBS signs. */
export interface SignData {
  header: Uint8Array
  messages: Uint8Array[]
}

/** The canonical N-Quads of a proof's options. */
export function canonizeOptions(
  { document, proof }: { document: JsonObject; proof: JsonObject },
  documentLoader: DocumentLoader,
): Promise<string> {
  const steps = { canonize: canonicalize, createVerifier: async () => undefined }
  const cryptosuite = { name: 'bbs-2023', requiredAlgorithm: 'Bls12381G2', ...steps }
  return new DataIntegrityProof({ cryptosuite }).canonizeProof(proof, { document, documentLoader })
}

/** Header and messages of a document (Data Integrity BBS Cryptosuites 1.0, 3.4.2 to 3.4.4). */
export async function createSignData(
  { document, proof, mandatoryPointers, hmacKey }: SignDataInput,
  documentLoader: DocumentLoader,
): Promise<SignData> {
  const groups = { mandatory: mandatoryPointers }
  const labelNodes = shuffleLabels(hmacKey)
  const { quads, groups: found } = await groupQuads(document, { groups, documentLoader, labelNodes })
  const isMandatory = (_: string, place: number) => found.mandatory.places.has(place)
  const proofOptions = await canonizeOptions({ document, proof }, documentLoader)
  return {
    header: bbsHeader(proofOptions, quads.filter(isMandatory)),
    messages: quads.filter((quad, place) => !isMandatory(quad, place)).map(toMessage),
  }
}

import { DataIntegrityProof } from '@digitalbazaar/data-integrity'
import { canonicalize } from '@digitalbazaar/di-sd-primitives'
import { asText, type JsonObject } from '../../json.ts'
import { linesOf, relabel } from '../selective-disclosure/labelled-quads.ts'
import { type DerivedProofValue, parseDerivedProof } from './proof-value.ts'
import { bbsHeader, toMessage } from './statements.ts'

/** What is verified. */
export interface Disclosed {
  value: DerivedProofValue
  header: Uint8Array
  messages: Uint8Array[]
}

/** The canonical statements of a document, in order, under the names that its proof gives to the blank nodes. */
function labelled(quads: string, numbers: DerivedProofValue['labels']): string[] {
  const labels = new Map([...numbers].map(([canonical, label]) => [`c14n${canonical}`, `b${label}`]))
  return linesOf(quads)
    .map((quad) => relabel(quad, labels))
    .sort()
}

/** Data Integrity BBS Cryptosuites 1.0, 3.3.4. @throws Error when document and proof do not fit */
async function readDisclosed(
  suite: LibrarySuite,
  { document, proof, documentLoader }: Parameters<LibrarySuite['createVerifyData']>[0],
): Promise<Disclosed> {
  const value = parseDerivedProof(asText(proof.proofValue))
  if (!value) throw new Error('The proofValue is no derived proof.')
  const quads = labelled(await suite.canonize(document, { documentLoader }), value.labels)
  const places = new Set(value.mandatoryIndexes)
  const isMandatory = (_: string, place: number) => places.has(place)
  const messages = quads.filter((quad, place) => !isMandatory(quad, place)).map(toMessage)
  const isFitting = (value.mandatoryIndexes.at(-1) ?? -1) < quads.length
  if (!isFitting || messages.length !== value.selectiveIndexes.length) {
    throw new Error('The proof is over another number of statements than the document makes.')
  }
  const proofOptions = await suite.canonizeProof(proof, { document, documentLoader })
  return { value, header: bbsHeader(proofOptions, quads.filter(isMandatory)), messages }
}

/** Whether what was disclosed holds, by a verification method. */
export type VerifyDisclosed = (disclosed: Disclosed, method: JsonObject) => Promise<boolean>

/** Digital Bazaar's DataIntegrityProof, verifying derived proofs (Data Integrity BBS Cryptosuites 1.0, 3.4.7). */
export function disclosedSuite(
  name: string,
  keyTypes: readonly ['Bls12381G2'],
  verify?: VerifyDisclosed,
): LibrarySuite {
  const createVerifier = async ({ verificationMethod }: { verificationMethod: JsonObject }) => ({
    id: verificationMethod.id,
    algorithm: keyTypes[0],
    verify: ({ data }: { data: Disclosed }) => verify?.(data, verificationMethod),
  })
  const suite: LibrarySuite = new DataIntegrityProof({
    cryptosuite: { name, requiredAlgorithm: keyTypes, canonize: canonicalize, createVerifier },
  })
  suite.createVerifyData = async (options) => readDisclosed(suite, options) as never
  return suite
}

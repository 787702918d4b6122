import { DataIntegrityProof } from '@digitalbazaar/data-integrity'
import { base58 } from '@scure/base'
import { asText, type JsonObject } from '../../json.ts'
import { parseDerivedProof } from '../ecdsa-sd-proof-value.ts'
import { type LabelNodes, labelledQuads, linesOf } from '../selective-disclosure/labelled-quads.ts'
import type { DocumentLoader } from '../suite.ts'
import { verificationKey, verifySignature } from '../verification-key.ts'
import { baseSignatureData } from './statements.ts'

/** What is checked of a derived proof: bytes and signatures, or nothing when they do not fit together. */
interface VerifyData {
  signed: Uint8Array
  baseSignature: Uint8Array
  statementsHold: boolean
}

/**
 * The operation createVerifyData (Data Integrity ECDSA Cryptosuites 1.0, 3.5.9), and the signatures of the quads.
 * @throws Error for a malformed proof
 */
async function createVerifyData(
  suite: LibrarySuite,
  { document, proof, documentLoader }: Parameters<LibrarySuite['createVerifyData']>[0],
): Promise<VerifyData> {
  const value = parseDerivedProof(asText(proof.proofValue))
  if (!value) throw new Error('The proofValue is no derived proof.')
  const { baseSignature, publicKey, signatures, labels, mandatoryIndexes } = value
  const labelNodes = () => labels
  const quads = linesOf(await suite.canonize(document, { documentLoader, labelNodes }))
  const places = new Set(mandatoryIndexes)
  const mandatory = quads.filter((_, place) => places.has(place))
  const others = quads.filter((_, place) => !places.has(place))
  const key = verificationKey({ publicKeyMultibase: `z${base58.encode(Uint8Array.from(publicKey))}` })
  const about = { document: document as JsonObject, proof: proof as JsonObject, publicKey }
  return {
    signed: await baseSignatureData(about, mandatory, documentLoader as DocumentLoader),
    baseSignature,
    statementsHold:
      key?.type === 'P-256' &&
      places.size === mandatoryIndexes.length &&
      mandatory.length === places.size &&
      signatures.length === others.length &&
      others.every((quad, index) => verifySignature(key, Buffer.from(quad), signatures[index] as Uint8Array)),
  }
}

async function createVerifier({ verificationMethod }: { verificationMethod: JsonObject }) {
  const key = verificationKey(verificationMethod)
  return {
    id: verificationMethod.id,
    algorithm: key?.type,
    verify: async ({ data: { signed, baseSignature, statementsHold } }: { data: VerifyData }) =>
      key !== undefined && statementsHold && verifySignature(key, signed, baseSignature),
  }
}

async function canonize(
  document: JsonObject,
  options: { documentLoader: DocumentLoader; labelNodes: LabelNodes },
): Promise<string> {
  return (await labelledQuads(document, options)).quads.join('')
}

/** Digital Bazaar's DataIntegrityProof, verifying derived proofs of ecdsa-sd-2023. */
export function derivedProofSuite(): LibrarySuite {
  const suite = new DataIntegrityProof({
    cryptosuite: { name: 'ecdsa-sd-2023', requiredAlgorithm: 'P-256', canonize, createVerifier },
  })
  suite.createVerifyData = (options) => createVerifyData(suite, options) as unknown as Promise<Uint8Array>
  return suite
}

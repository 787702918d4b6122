import { DataIntegrityProof } from '@digitalbazaar/data-integrity'
import { canonicalize } from '@digitalbazaar/di-sd-primitives'
import { cryptosuite as ecdsaRdfc } from '@digitalbazaar/ecdsa-rdfc-2019-cryptosuite'
import { Ed25519Signature2020 } from '@digitalbazaar/ed25519-signature-2020'
import { cryptosuite as eddsaRdfc } from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite'
import type { JsonObject } from '../../json.ts'
import { disclosedSuite } from '../bbs/disclosed.ts'
import { ecdsaProof } from '../ecdsa-proof.ts'
import { derivedProofSuite } from '../ecdsa-sd/derived-proof.ts'
import type { DocumentLoader } from '../suite.ts'

/** What a suite computes of document and proof before it checks a signature, and how it canonicalises. */
type Verifying = Pick<LibrarySuite, 'canonize' | 'createVerifyData'>

/** BbsBlsSignature2020 compares the statements of a document with those of its proof by itself. */
function statementsAlone(): Verifying {
  const suite: Verifying = {
    canonize: canonicalize as LibrarySuite['canonize'],
    createVerifyData: ({ document, documentLoader }) =>
      suite.canonize(document, { documentLoader }) as unknown as Promise<Uint8Array>,
  }
  return suite
}

/** Suites over RDF, without a key. */
const suites: Readonly<Record<string, () => Verifying>> = {
  'eddsa-rdfc-2022': () => new DataIntegrityProof({ cryptosuite: eddsaRdfc }),
  Ed25519Signature2020: () => new Ed25519Signature2020(),
  'ecdsa-rdfc-2019': () => ecdsaProof(ecdsaRdfc),
  'ecdsa-sd-2023': derivedProofSuite,
  'bbs-2023': () => disclosedSuite('bbs-2023', ['Bls12381G2']),
  BbsBlsSignature2020: statementsAlone,
}

function suiteOf(name: string): Verifying {
  const suite = suites[name]?.()
  if (!suite) throw new RangeError(`The suite ${name} is none over RDF.`)
  return suite
}

/** A document and its proof, for the suite of that name. */
export interface VerifyDataInput {
  suite: string
  document: JsonObject
  proof: JsonObject
  verificationMethod?: JsonObject
}

/** What the signature is checked over, and the canonical N-Quads of the document as the suite made them. */
export async function verifyData(
  { suite: name, ...proven }: VerifyDataInput,
  documentLoader: DocumentLoader,
): Promise<{ data: unknown; quads: string | undefined }> {
  const suite = suiteOf(name)
  let quads: string | undefined
  const canonize = suite.canonize.bind(suite)
  suite.canonize = async (input, options) => {
    const result = await canonize(input, options)
    // the options of the proof go by
    if (input === proven.document) quads = result
    return result
  }
  return { data: await suite.createVerifyData({ ...proven, documentLoader }), quads }
}

/** A document as the suite of that name canonicalises it. */
export interface CanonizeInput {
  suite: string
  document: JsonObject
  messageDigestAlgorithm?: string
}

/** The canonical N-Quads of a document. */
export function canonize(
  { suite, document, ...options }: CanonizeInput,
  documentLoader: DocumentLoader,
): Promise<string> {
  return suiteOf(suite).canonize(document, { documentLoader, base: null, safe: true, ...options })
}

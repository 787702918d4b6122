import canonicalize from 'canonicalize'
import type { JsonObject } from '../json.ts'
import { dataIntegrityContext } from './contexts/bundled-contexts.ts'
import { ecdsaKeyTypes, ecdsaProof } from './ecdsa-proof.ts'
import { splitProof } from './embedded-proof.ts'
import { secureJcs } from './jcs-proof.ts'
import { verifyLinkedData } from './linked-data-proof.ts'
import type { ProofVerdict, Secured, Suite, VerifyOptions } from './suite.ts'

const name = 'ecdsa-jcs-2019'
const hashes = { 'P-256': 'sha256', 'P-384': 'sha384' } as const
const canonize = async (input: object) => canonicalize(input) ?? ''

/** The bytes of a proof without its value. */
async function canonizeProof(proof: JsonObject): Promise<string> {
  const { proofValue: _, ...options } = proof
  return canonize(options)
}

const jcsProof = () => Object.assign(ecdsaProof({ name, canonize }), { canonizeProof })

async function verify(secured: Secured, options: VerifyOptions): Promise<ProofVerdict> {
  const proven = splitProof(secured)
  if (proven && proven.proof['@context'] === undefined) {
    return { status: 'fail', type: name, reason: 'The proof does not repeat the @context of the document.' }
  }
  return verifyLinkedData(secured, { ...options, type: name, suite: jcsProof() })
}

/** ECDSA over the JCS bytes (RFC 8785) of a document (Data Integrity ECDSA Cryptosuites 1.0, 3.3). */
export function ecdsaJcs2019(termsUrl: string): Suite {
  return {
    name,
    format: 'data-integrity',
    keyTypes: ecdsaKeyTypes,
    dataModels: ['2.0', '1.1'],
    contexts: (dataModel) => (dataModel === '1.1' ? [termsUrl, dataIntegrityContext] : []),
    recognises: (secured) => splitProof(secured)?.proof.cryptosuite === name,
    ...secureJcs({ name, hashes }),
    verify,
  }
}

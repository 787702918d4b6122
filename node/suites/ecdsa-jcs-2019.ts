import canonicalize from 'canonicalize'
import type { JsonObject } from '../json.ts'
import { dataIntegrityContext } from './contexts/bundled-contexts.ts'
import { ecdsaKeyTypes, ecdsaProof } from './ecdsa-proof.ts'
import { splitProof } from './embedded-proof.ts'
import { secureLinkedData, verifyLinkedData } from './linked-data-proof.ts'
import { requireContexts } from './require-contexts.ts'
import type { ProofVerdict, Secured, SecureOptions, Suite, VerifyOptions } from './suite.ts'

const name = 'ecdsa-jcs-2019'
const canonize = async (input: object) => canonicalize(input) ?? ''

/** The bytes of a proof without its value; making one, it takes over the contexts of the document (3.3.1, step 2). */
async function canonizeProof(proof: JsonObject, { document }: { document: JsonObject }): Promise<string> {
  if (proof['@context'] === undefined && document['@context'] !== undefined) {
    proof['@context'] = document['@context']
  }
  const { proofValue: _, ...options } = proof
  return canonize(options)
}

const jcsProof = (signing?: Parameters<typeof ecdsaProof>[1]) =>
  Object.assign(ecdsaProof({ name, canonize }, signing), { canonizeProof })

async function secure(document: JsonObject, { created, ...options }: SecureOptions): Promise<JsonObject> {
  // JCS signs every byte and never expands; a context that nobody knows would still leave the terms without meaning.
  await requireContexts(document, options.documentLoader)
  return secureLinkedData(document, { ...options, suite: jcsProof({ key: options.key, date: created }) })
}

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
    secure,
    verify,
  }
}

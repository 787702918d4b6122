import { DataIntegrityProof } from '@digitalbazaar/data-integrity'
import { createSignCryptosuite, createVerifyCryptosuite } from '@digitalbazaar/eddsa-jcs-2022-cryptosuite'
import type { JsonObject } from '../json.ts'
import { dataIntegrityContext } from './contexts/bundled-contexts.ts'
import { splitProof } from './embedded-proof.ts'
import { librarySigner, secureLinkedData, verifyLinkedData } from './linked-data-proof.ts'
import { requireContexts } from './require-contexts.ts'
import type { ProofVerdict, Secured, SecureOptions, Suite, VerifyOptions } from './suite.ts'

const name = 'eddsa-jcs-2022'
const keyTypes = ['Ed25519'] as const

async function secure(document: JsonObject, { created, ...options }: SecureOptions): Promise<JsonObject> {
  // JCS signs every byte and never expands; a context that nobody knows would still leave the terms without meaning.
  await requireContexts(document, options.documentLoader)
  const cryptosuite = createSignCryptosuite()
  const suite = new DataIntegrityProof({
    signer: librarySigner(options.key, keyTypes),
    date: created,
    cryptosuite,
  })
  return secureLinkedData(document, { ...options, suite })
}

async function verify(secured: Secured, options: VerifyOptions): Promise<ProofVerdict> {
  const proven = splitProof(secured)
  if (proven && proven.proof['@context'] === undefined) {
    return { status: 'fail', type: name, reason: 'The proof does not repeat the @context of the document.' }
  }
  const suite = new DataIntegrityProof({ cryptosuite: createVerifyCryptosuite() })
  return verifyLinkedData(secured, { ...options, type: name, suite })
}

/** Ed25519 over the JCS bytes (RFC 8785) of a document (Data Integrity EdDSA Cryptosuites 1.0, 3.3). */
export function eddsaJcs2022(termsUrl: string): Suite {
  return {
    name,
    format: 'data-integrity',
    keyTypes,
    dataModels: ['2.0', '1.1'],
    contexts: (dataModel) => (dataModel === '1.1' ? [termsUrl, dataIntegrityContext] : []),
    recognises: (secured) => splitProof(secured)?.proof.cryptosuite === name,
    secure,
    verify,
  }
}

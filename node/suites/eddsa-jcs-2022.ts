import { DataIntegrityProof } from '@digitalbazaar/data-integrity'
import { createSignCryptosuite, createVerifyCryptosuite } from '@digitalbazaar/eddsa-jcs-2022-cryptosuite'
import { IssuerError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { dataIntegrityContext } from './contexts/bundled-contexts.ts'
import { splitProof } from './embedded-proof.ts'
import { librarySigner, secureLinkedData, verifyLinkedData } from './linked-data-proof.ts'
import type { DocumentLoader, ProofVerdict, Suite } from './suite.ts'

const name = 'eddsa-jcs-2022'

/** JCS signs every byte and never expands; a context that nobody knows would still leave the terms without meaning. */
async function requireContexts(document: JsonObject, documentLoader: DocumentLoader): Promise<void> {
  const urls = [document['@context'] ?? []].flat().filter((url) => typeof url === 'string')
  await Promise.all(urls.map((url) => documentLoader(url)))
}

async function secure(
  document: JsonObject,
  { created, ...options }: Parameters<Suite['secure']>[1],
): Promise<JsonObject> {
  await requireContexts(document, options.documentLoader)
  const cryptosuite = createSignCryptosuite()
  const suite = new DataIntegrityProof({ signer: librarySigner(options.key), date: created, cryptosuite })
  return secureLinkedData(document, { ...options, suite })
}

async function verify(
  secured: Parameters<Suite['verify']>[0],
  options: Parameters<Suite['verify']>[1],
): Promise<ProofVerdict> {
  const proven = splitProof(secured)
  if (proven && proven.proof['@context'] === undefined) {
    return { status: 'fail', type: name, reason: 'The proof does not repeat the @context of the document.' }
  }
  try {
    await requireContexts(proven?.document ?? {}, options.documentLoader)
  } catch (error) {
    if (!(error instanceof IssuerError)) throw error
    return { status: error.retryable ? 'unknown' : 'fail', type: name, reason: error.message }
  }
  const suite = new DataIntegrityProof({ cryptosuite: createVerifyCryptosuite() })
  return verifyLinkedData(secured, { ...options, type: name, suite })
}

/** Ed25519 over the JCS bytes (RFC 8785) of a document (Data Integrity EdDSA Cryptosuites 1.0, 3.3). */
export function eddsaJcs2022(termsUrl: string): Suite {
  return {
    name,
    format: 'data-integrity',
    keyTypes: ['Ed25519'],
    dataModels: ['2.0', '1.1'],
    contexts: (dataModel) => (dataModel === '1.1' ? [termsUrl, dataIntegrityContext] : []),
    recognises: (secured) => splitProof(secured)?.proof.cryptosuite === name,
    secure,
    verify,
  }
}

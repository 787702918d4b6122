import { DataIntegrityProof } from '@digitalbazaar/data-integrity'
import { createVerifyCryptosuite } from '@digitalbazaar/eddsa-jcs-2022-cryptosuite'
import { dataIntegrityContext } from './contexts/bundled-contexts.ts'
import { splitProof } from './embedded-proof.ts'
import { secureJcs } from './jcs-proof.ts'
import { verifyLinkedData } from './linked-data-proof.ts'
import type { ProofVerdict, Secured, Suite, VerifyOptions } from './suite.ts'

const name = 'eddsa-jcs-2022'
const hashes = { Ed25519: 'sha256' } as const

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
    keyTypes: ['Ed25519'],
    dataModels: ['2.0', '1.1'],
    contexts: (dataModel) => (dataModel === '1.1' ? [termsUrl, dataIntegrityContext] : []),
    recognises: (secured) => splitProof(secured)?.proof.cryptosuite === name,
    ...secureJcs({ name, hashes }),
    verify,
  }
}

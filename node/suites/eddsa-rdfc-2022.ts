import { DataIntegrityProof } from '@digitalbazaar/data-integrity'
import { cryptosuite } from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite'
import { compileExpansion } from './compiled-expansion/compiled-expansion.ts'
import { dataIntegrityContext } from './contexts/bundled-contexts.ts'
import { splitProof } from './embedded-proof.ts'
import { librarySigner } from './library-signer.ts'
import { secureLinkedData } from './linked-data-proof.ts'
import { rememberProofOptions } from './proof-options-cache.ts'
import { verifyRdfProof } from './signed-statements.ts'
import type { Suite } from './suite.ts'

const name = 'eddsa-rdfc-2022'
const keyTypes = ['Ed25519'] as const

/** Ed25519 over the canonical RDF of a document (Data Integrity EdDSA Cryptosuites 1.0, 3.2). */
export function eddsaRdfc2022(termsUrl: string): Suite {
  return {
    name,
    format: 'data-integrity',
    keyTypes,
    dataModels: ['2.0', '1.1'],
    // The context of data model 2.0 defines DataIntegrityProof itself.
    contexts: (dataModel) => (dataModel === '1.1' ? [termsUrl, dataIntegrityContext] : []),
    recognises: (secured) => splitProof(secured)?.proof.cryptosuite === name,
    secure: async (document, { created, ...options }) =>
      secureLinkedData(document, {
        ...options,
        suite: rememberProofOptions(
          compileExpansion(
            new DataIntegrityProof({
              signer: librarySigner(options.key, keyTypes),
              date: created,
              cryptosuite,
            }),
            name,
          ),
        ),
      }),
    verify: (secured, options) =>
      verifyRdfProof(secured, { ...options, type: name, suite: new DataIntegrityProof({ cryptosuite }) }),
  }
}

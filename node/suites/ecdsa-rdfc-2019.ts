import { cryptosuite } from '@digitalbazaar/ecdsa-rdfc-2019-cryptosuite'
import { compileExpansion } from './compiled-expansion/compiled-expansion.ts'
import { dataIntegrityContext } from './contexts/bundled-contexts.ts'
import { ecdsaKeyTypes, ecdsaProof } from './ecdsa-proof.ts'
import { splitProof } from './embedded-proof.ts'
import { secureLinkedData } from './linked-data-proof.ts'
import { rememberProofOptions } from './proof-options-cache.ts'
import { verifyRdfProof } from './signed-statements.ts'
import type { Suite } from './suite.ts'

const name = 'ecdsa-rdfc-2019'

/** ECDSA over the canonical RDF of a document (Data Integrity ECDSA Cryptosuites 1.0, 3.2). */
export function ecdsaRdfc2019(termsUrl: string): Suite {
  return {
    name,
    format: 'data-integrity',
    keyTypes: ecdsaKeyTypes,
    dataModels: ['2.0', '1.1'],
    contexts: (dataModel) => (dataModel === '1.1' ? [termsUrl, dataIntegrityContext] : []),
    recognises: (secured) => splitProof(secured)?.proof.cryptosuite === name,
    secure: async (document, { created, ...options }) => {
      const suite = rememberProofOptions(
        compileExpansion(ecdsaProof(cryptosuite, { key: options.key, date: created }), name),
      )
      return secureLinkedData(document, { ...options, suite })
    },
    verify: (secured, options) =>
      verifyRdfProof(secured, { ...options, type: name, suite: ecdsaProof(cryptosuite) }),
  }
}

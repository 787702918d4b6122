import { Ed25519Signature2020 } from '@digitalbazaar/ed25519-signature-2020'
import { compileExpansion } from './compiled-expansion/compiled-expansion.ts'
import { ed25519Signature2020Context } from './contexts/bundled-contexts.ts'
import { splitProof } from './embedded-proof.ts'
import { librarySigner } from './library-signer.ts'
import { secureLinkedData } from './linked-data-proof.ts'
import { rememberProofOptions } from './proof-options-cache.ts'
import { verifyRdfProof } from './signed-statements.ts'
import type { Suite } from './suite.ts'

const name = 'Ed25519Signature2020'
const keyTypes = ['Ed25519'] as const

/**
 * The older Ed25519 proof of the Data Integrity EdDSA Cryptosuites, made and verified by Digital Bazaar's suite, which
 * reads Multikey methods too.
 */
export function ed25519Signature2020(termsUrl: string): Suite {
  return {
    name,
    format: 'data-integrity',
    keyTypes,
    dataModels: ['1.1', '2.0'],
    contexts: (dataModel) =>
      dataModel === '1.1' ? [termsUrl, ed25519Signature2020Context] : [ed25519Signature2020Context],
    recognises: (secured) => splitProof(secured)?.proof.type === name,
    secure: async (document, { created, ...options }) =>
      secureLinkedData(document, {
        ...options,
        suite: rememberProofOptions(
          compileExpansion(
            new Ed25519Signature2020({ signer: librarySigner(options.key, keyTypes), date: created }),
            name,
          ),
        ),
      }),
    verify: (secured, options) =>
      verifyRdfProof(secured, { ...options, type: name, suite: new Ed25519Signature2020() }),
  }
}

import { createHash } from 'node:crypto'
import { DataIntegrityProof } from '@digitalbazaar/data-integrity'
import { asText, type JsonObject } from '../json.ts'
import type { KeyType } from '../keys/key-store.ts'
import { librarySigner } from './library-signer.ts'
import type { AssertionKey } from './suite.ts'
import { verificationKey, verifySignature } from './verification-key.ts'

/** Curves of the ECDSA cryptosuites and the hash that goes with each (Data Integrity ECDSA Cryptosuites 1.0, 3). */
const hashes = { 'P-256': 'SHA-256', 'P-384': 'SHA-384' } as const satisfies Partial<Record<KeyType, string>>
type Hash = (typeof hashes)[keyof typeof hashes]

/** Types of keys that the ECDSA cryptosuites sign with. */
export const ecdsaKeyTypes = Object.keys(hashes) as readonly (keyof typeof hashes)[]

/** A method's key for Digital Bazaar's DataIntegrityProof, in every form that a DID document has for it. */
async function createVerifier({ verificationMethod }: { verificationMethod: JsonObject }) {
  const key = verificationKey(verificationMethod)
  return {
    id: verificationMethod.id,
    algorithm: key?.type,
    verify: async ({ data, signature }: { data: Uint8Array; signature: Uint8Array }) =>
      key !== undefined && verifySignature(key, data, signature),
  }
}

interface EcdsaCryptosuite {
  name: string
  /** The canonical text of a document. */
  canonize(input: JsonObject, options: { messageDigestAlgorithm?: Hash }): Promise<string>
}

const hash = (algorithm: Hash, text: string): Buffer => createHash(algorithm).update(text).digest()

/**
 * Digital Bazaar's DataIntegrityProof over an ECDSA cryptosuite; without a key it verifies. Each hash is that of the
 * curve, inside canonicalisation too. Their own cryptosuites import the public key anew for every step, and read no
 * did:jwk; tests compare with them.
 */
export function ecdsaProof(
  { name, canonize }: EcdsaCryptosuite,
  signing?: { key: AssertionKey; date: Date },
): LibrarySuite {
  const suite = new DataIntegrityProof({
    cryptosuite: { name, canonize, requiredAlgorithm: ecdsaKeyTypes, createVerifier },
    ...(signing && { signer: librarySigner(signing.key, ecdsaKeyTypes), date: signing.date }),
  })
  suite.createVerifyData = async ({ document, proof, documentLoader, verificationMethod }) => {
    const type = verificationMethod ? verificationKey(verificationMethod)?.type : signing?.key.signer.type
    const algorithm = hashes[type as keyof typeof hashes]
    if (algorithm === undefined) throw new Error(`The key is none of ${ecdsaKeyTypes.join(', ')}.`)
    // base58-btc alone (3.2.2, step 3): the library takes base64url too
    if (verificationMethod && !asText(proof.proofValue).startsWith('z')) throw new Error('Invalid signature.')
    const options = { documentLoader, base: null, safe: true, messageDigestAlgorithm: algorithm }
    const proofText = await suite.canonizeProof(proof, { document, documentLoader })
    const documentText = await suite.canonize(document, options)
    return Buffer.concat([hash(algorithm, proofText), hash(algorithm, documentText)])
  }
  return suite
}

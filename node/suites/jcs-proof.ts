import { hash } from 'node:crypto'
import { BoundedCache } from '../bounded-cache.ts'
import {
  type CanonicalHalves,
  canonicalForm,
  canonicalHalves,
  joinHalves,
  knowCanonicalForm,
} from '../canonical-form.ts'
import { IssuerError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { KeyType } from '../keys/key-store.ts'
import { base58 } from './base58.ts'
import { checkSignable } from './embedded-proof.ts'
import { purposeMembers } from './linked-data-proof.ts'
import { requireContexts } from './require-contexts.ts'
import type { SecureOptions } from './suite.ts'

/** A cryptosuite that signs JCS bytes, and the hash that goes with each type of key that it signs with. */
interface JcsCryptosuite {
  name: string
  hashes: Readonly<Partial<Record<KeyType, string>>>
}

/** A proof that is not signed yet, apart at the place of its proofValue. */
interface UnsignedProof {
  halves: CanonicalHalves
  hash: Buffer
}

// Credentials of a batch that are signed within a second have one and the same: it is made once.
const unsignedProofs = new BoundedCache<string, UnsignedProof>(100)

function unsigned(proof: JsonObject, algorithm: string): UnsignedProof {
  const key = `${algorithm} ${JSON.stringify(proof)}`
  const known = unsignedProofs.get(key)
  if (known) return known
  const halves = canonicalHalves(proof, 'proofValue')
  const made = { halves, hash: hash(algorithm, joinHalves(halves), 'buffer') }
  unsignedProofs.set(key, made)
  return made
}

/** A date of a proof is in whole seconds, as most libraries write it. */
const dateTime = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`

/**
 * Signs the JCS bytes (RFC 8785) of a document and of its proof (Data Integrity EdDSA and ECDSA Cryptosuites 1.0, 3.3.1 each).
 * Digital Bazaar's library makes the same proof, and tests compare with it; for all that it can do beside, it takes 55 µs
 * where this takes 25, without the signature (2 shared cores).
 * @throws SIGNING_FAILED, MALFORMED_REQUEST, and what the loader throws for a context that it refuses
 */
export async function secureJcs(
  document: JsonObject,
  options: SecureOptions,
  { name, hashes }: JcsCryptosuite,
): Promise<JsonObject> {
  const { key, created, documentLoader, previousProofs = [] } = options
  const { verificationMethod, signer } = key
  const algorithm = hashes[signer.type]
  if (algorithm === undefined) {
    const detail = `The suite signs with ${Object.keys(hashes).join(' or ')} keys, not with ${signer.type}.`
    throw new IssuerError('SIGNING_FAILED', { detail })
  }
  // JCS signs every byte and never expands; a context that nobody knows would still leave the terms without meaning
  await requireContexts(document, documentLoader)
  checkSignable(document)
  const context = document['@context']
  const proof = {
    ...(context !== undefined && { '@context': context }),
    type: 'DataIntegrityProof',
    created: dateTime(created),
    verificationMethod,
    cryptosuite: name,
    ...purposeMembers(options),
  } as JsonObject
  const unsignedProof = unsigned(proof, algorithm)
  const halves = canonicalHalves(document, 'proof')
  // a proof in a chain covers those before it (Verifiable Credential Data Integrity 1.0, 4.3)
  const before = previousProofs.length > 0 ? canonicalForm(previousProofs) : undefined
  const covered = hash(algorithm, joinHalves(halves, before), 'buffer')
  const proofValue = `z${base58(await signer.sign(Buffer.concat([unsignedProof.hash, covered])))}`
  const secured = { ...document, proof: { ...proof, proofValue } }
  const signed = joinHalves(unsignedProof.halves, JSON.stringify(proofValue))
  knowCanonicalForm(secured, joinHalves(halves, signed))
  return secured
}

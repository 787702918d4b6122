import { hash } from 'node:crypto'
import { BoundedCache } from '../../bounded-cache.ts'
import {
  type CanonicalHalves,
  canonicalForm,
  canonicalHalves,
  joinHalves,
  knowCanonicalForm,
} from '../../canonical-form.ts'
import type { JsonObject } from '../../json.ts'
import { base58 } from '../base58.ts'

/** What proofs over JCS bytes have in common. */
export interface JcsTerms {
  /** The proof without its value, and without the contexts of its document. */
  proof: JsonObject
  /** Of `node:crypto`. */
  algorithm: string
  /** Which the proof covers, too. */
  previousProofs: readonly JsonObject[]
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

/**
 * Signs the JCS bytes (RFC 8785) of a document and of its proof (Data Integrity EdDSA and ECDSA Cryptosuites 1.0, 3.3.1 each).
 * Digital Bazaar's library makes the same proof, and tests compare with it; for all that it can do beside, it takes 55 µs
 * where this takes 25, without the signature (2 shared cores).
 */
export async function signJcs(
  document: JsonObject,
  { proof: members, algorithm, previousProofs }: JcsTerms,
  sign: (message: Uint8Array) => Uint8Array | Promise<Uint8Array>,
): Promise<JsonObject> {
  const context = document['@context']
  const proof: JsonObject = { ...(context !== undefined && { '@context': context }), ...members }
  const unsignedProof = unsigned(proof, algorithm)
  const halves = canonicalHalves(document, 'proof')
  // a proof in a chain covers those before it (Verifiable Credential Data Integrity 1.0, 4.3)
  const before = previousProofs.length > 0 ? canonicalForm(previousProofs) : undefined
  const covered = hash(algorithm, joinHalves(halves, before), 'buffer')
  const proofValue = `z${base58(await sign(Buffer.concat([unsignedProof.hash, covered])))}`
  const secured = { ...document, proof: { ...proof, proofValue } }
  const signed = joinHalves(unsignedProof.halves, JSON.stringify(proofValue))
  knowCanonicalForm(secured, joinHalves(halves, signed))
  return secured
}

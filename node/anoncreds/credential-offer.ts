import * as z from 'zod'
import { natural, randomBits } from './integer.ts'
import { type KeyCorrectnessProof, keyCorrectnessProof } from './key-correctness.ts'
import { lengths } from './lengths.ts'
import { parse } from './parse.ts'
import { identifier } from './schema.ts'

const credentialOfferDocument = z.looseObject({
  schema_id: identifier,
  cred_def_id: identifier,
  key_correctness_proof: keyCorrectnessProof,
  nonce: natural.max(32),
})

/** A credential offer (AnonCreds specification, Credential Offer). */
export type CredentialOffer = z.infer<typeof credentialOfferDocument>

/** @throws MALFORMED_REQUEST */
export const parseCredentialOffer = (value: unknown): CredentialOffer =>
  parse(credentialOfferDocument, value, 'credential offer')

/** A nonce of 80 bits in decimal. Whoever makes one keeps it, takes it back once, and lets it expire. */
export const createNonce = (): string => String(randomBits(lengths.nonce))

/** Offers a credential of a definition. */
export function createCredentialOffer(input: {
  schemaId: string
  credentialDefinitionId: string
  keyCorrectnessProof: KeyCorrectnessProof
}): CredentialOffer {
  return {
    schema_id: input.schemaId,
    cred_def_id: input.credentialDefinitionId,
    key_correctness_proof: input.keyCorrectnessProof,
    nonce: createNonce(),
  }
}

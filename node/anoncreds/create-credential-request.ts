import { randomBytes } from 'node:crypto'
import { IssuerError } from '../errors.ts'
import { linkSecretName } from './attribute.ts'
import { type CredentialDefinition, checkAttributes, publicKeyOf } from './credential-definition.ts'
import { type CredentialOffer, createNonce } from './credential-offer.ts'
import type { CredentialRequest, CredentialRequestMetadata } from './credential-request.ts'
import { hashIntegers, randomBits } from './integer.ts'
import { checkKeyCorrectness } from './key-correctness.ts'
import { lengths } from './lengths.ts'
import type { AnonCredsSchema } from './schema.ts'

/** A link secret: 256 random bits in decimal. It binds all credentials of a holder and is shown to nobody. */
export const createLinkSecret = (): string => String(randomBits(lengths.linkSecret))

interface Input {
  offer: CredentialOffer
  /** As resolved by the ids of the offer. */
  schema: AnonCredsSchema
  credentialDefinition: CredentialDefinition
  linkSecret: string
  /** What the holder calls its link secret. */
  linkSecretName?: string
}

/**
 * Answers an offer with a request over the blinded link secret, after checking the issuer's key.
 * @throws ANONCREDS_PROOF_INVALID for a key that is not proven; MALFORMED_REQUEST when the parts do not belong together
 */
export function createCredentialRequest(input: Input): {
  request: CredentialRequest
  metadata: CredentialRequestMetadata
} {
  const { offer, credentialDefinition } = input
  if (offer.schema_id !== credentialDefinition.schemaId)
    throw new IssuerError('MALFORMED_REQUEST', {
      detail: 'The offer names another schema than its definition.',
    })
  const key = publicKeyOf(credentialDefinition)
  checkAttributes(input.schema, key)
  checkKeyCorrectness(key, offer.key_correctness_proof)
  const rms = key.r.get(linkSecretName) as bigint
  const linkSecret = BigInt(input.linkSecret)
  const vPrime = randomBits(lengths.vPrime)
  const [vTilde, mTilde] = [randomBits(lengths.vPrimeTilde), randomBits(lengths.mTildeOfRequest)]
  const u = key.group.product([key.s, vPrime], [rms, linkSecret])
  const commitment = key.group.product([key.s, vTilde], [rms, mTilde])
  const c = hashIntegers([u, commitment, BigInt(offer.nonce)])
  const nonce = createNonce()
  return {
    request: {
      entropy: BigInt(`0x${randomBytes(10).toString('hex')}`).toString(),
      cred_def_id: offer.cred_def_id,
      blinded_ms: { u: String(u), ur: null, hidden_attributes: [linkSecretName], committed_attributes: {} },
      blinded_ms_correctness_proof: {
        c: String(c),
        v_dash_cap: String(c * vPrime + vTilde),
        m_caps: { [linkSecretName]: String(c * linkSecret + mTilde) },
        r_caps: {},
      },
      nonce,
    },
    metadata: {
      link_secret_blinding_data: { v_prime: String(vPrime), vr_prime: null },
      nonce,
      link_secret_name: input.linkSecretName ?? 'default',
    },
  }
}

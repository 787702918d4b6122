import * as z from 'zod'
import { linkSecretName } from './attribute.ts'
import { natural } from './integer.ts'
import { parse } from './parse.ts'
import { identifier } from './schema.ts'

const empty = z.strictObject({})

const credentialRequestDocument = z
  .looseObject({
    entropy: z.string().min(1).max(1024).optional(),
    prover_did: z.string().min(1).max(1024).optional(),
    cred_def_id: identifier,
    blinded_ms: z.strictObject({
      u: natural,
      ur: z.null().optional(),
      hidden_attributes: z.tuple([z.literal(linkSecretName)]),
      committed_attributes: empty,
    }),
    blinded_ms_correctness_proof: z.strictObject({
      c: natural,
      v_dash_cap: natural,
      m_caps: z.strictObject({ [linkSecretName]: natural }),
      r_caps: empty,
    }),
    nonce: natural.max(32),
  })
  .refine(({ entropy, prover_did }) => (entropy === undefined) !== (prover_did === undefined), {
    error: 'must have either entropy or prover_did',
  })

/** A credential request with the blinded link secret (AnonCreds specification, Credential Request). */
export type CredentialRequest = z.infer<typeof credentialRequestDocument>

/**
 * @throws MALFORMED_REQUEST, also when it would have the issuer sign a hidden attribute other than the link secret
 */
export const parseCredentialRequest = (value: unknown): CredentialRequest =>
  parse(credentialRequestDocument, value, 'credential request')

/** What the holder keeps until the credential comes; it would tell the link secret. */
export interface CredentialRequestMetadata {
  link_secret_blinding_data: { v_prime: string; vr_prime: null }
  nonce: string
  link_secret_name: string
}

import { checkPrimeSync } from 'node:crypto'
import { IssuerError } from '../errors.ts'
import { encodeAttribute, linkSecretName, normaliseName } from './attribute.ts'
import type { AnonCredsCredential } from './credential.ts'
import {
  attributesOf,
  type CredentialDefinition,
  isUnit,
  type PublicKey,
  publicKeyOf,
} from './credential-definition.ts'
import type { CredentialRequest, CredentialRequestMetadata } from './credential-request.ts'
import { hashIntegers, isShort } from './integer.ts'
import { eRange, eStart, lengths } from './lengths.ts'
import { inverse } from './modular.ts'

interface Input {
  credential: AnonCredsCredential
  credentialDefinition: CredentialDefinition
  request: CredentialRequest
  metadata: CredentialRequestMetadata
  linkSecret: string
}

const invalid = (detail: string): IssuerError => new IssuerError('ANONCREDS_PROOF_INVALID', { detail })

/**
 * Checks a received credential, completes its signature with the holder's part v′, and gives what is to be stored.
 * @throws ANONCREDS_PROOF_INVALID when the signature or its correctness proof does not hold, or the credential is not
 *   the one that was asked for
 */
export function processCredential(input: Input): AnonCredsCredential {
  const { credential, credentialDefinition, request, metadata } = input
  const key = publicKeyOf(credentialDefinition)
  if (
    credential.cred_def_id !== request.cred_def_id ||
    credential.schema_id !== credentialDefinition.schemaId
  )
    throw invalid('The credential is of another definition than the request.')
  checkValues(key, credential.values)
  const { m_2, a, e, v } = credential.signature.p_credential
  const full = BigInt(v) + BigInt(metadata.link_secret_blinding_data.v_prime)
  checkSignature({
    ...{
      key,
      values: credential.values,
      linkSecret: BigInt(input.linkSecret),
      nonce: BigInt(metadata.nonce),
    },
    ...{ m2: BigInt(m_2), a: BigInt(a), e: BigInt(e), v: full },
    proof: credential.signature_correctness_proof,
  })
  const signature = { p_credential: { m_2, a, e, v: String(full) }, r_credential: null }
  return { ...credential, signature }
}

function checkValues(key: PublicKey, values: AnonCredsCredential['values']): void {
  const names = Object.keys(values).map(normaliseName)
  const expected = attributesOf(key)
  if (names.length !== expected.length || !expected.every((name) => names.includes(name)))
    throw invalid('The credential does not have the attributes of its definition.')
  for (const [name, { raw, encoded }] of Object.entries(values))
    if (encodeAttribute(raw) !== encoded)
      throw invalid(`The encoded value of ${name} is not that of its raw value.`)
}

function checkSignature(input: {
  key: PublicKey
  values: AnonCredsCredential['values']
  linkSecret: bigint
  nonce: bigint
  m2: bigint
  a: bigint
  e: bigint
  v: bigint
  proof: AnonCredsCredential['signature_correctness_proof']
}): void {
  const { key, a, e, v, m2 } = input
  const [se, c] = [BigInt(input.proof.se), BigInt(input.proof.c)]
  if (e < eStart || e > eStart + eRange || !checkPrimeSync(e))
    throw invalid('The exponent e is no prime of its range.')
  if (!isUnit(a, key.n)) throw invalid('The signature is no unit modulo n.')
  const longest = key.n.toString(2).length
  if (!isShort(v, lengths.vPrimePrime + 1) || !isShort(m2, 256) || !isShort(c, 256) || !isShort(se, longest))
    throw invalid('The signature holds a number that is too long.')
  const blinded = key.group.product(
    [key.s, v],
    [key.rctxt, m2],
    [key.r.get(linkSecretName) as bigint, input.linkSecret],
    ...Object.entries(input.values).map(
      ([name, { encoded }]) => [key.r.get(normaliseName(name)) as bigint, BigInt(encoded)] as const,
    ),
  )
  const q = (key.z * (inverse(blinded, key.n) as bigint)) % key.n
  if (key.group.power(a, e) !== q) throw invalid('The signature does not hold.')
  const commitment = key.group.power(a, c + se * e)
  if (hashIntegers([q, a, commitment, input.nonce]) !== c)
    throw invalid('The correctness proof of the signature does not hold.')
}

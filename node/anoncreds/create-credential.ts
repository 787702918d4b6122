import { checkPrimeSync, createHash } from 'node:crypto'
import { IssuerError } from '../errors.ts'
import { encodeAttribute, linkSecretName, normaliseName } from './attribute.ts'
import { checkValues } from './check-values.ts'
import type { AnonCredsCredential } from './credential.ts'
import { type CredentialDefinition, isUnit, type PublicKey, publicKeyOf } from './credential-definition.ts'
import type { CredentialOffer } from './credential-offer.ts'
import type { CredentialRequest } from './credential-request.ts'
import { fromBytes, hashIntegers, isShort, randomBelow, randomBits } from './integer.ts'
import { type CredentialDefinitionPrivate, type IssuerGroup, openIssuerGroup } from './issuer-key.ts'
import { eRange, eStart, lengths } from './lengths.ts'
import { inverse, residue } from './modular.ts'

interface Input {
  credentialDefinition: CredentialDefinition
  privateKey: CredentialDefinitionPrivate
  /** The offer that the request answers, as this issuer made it; its nonce is taken once. */
  offer: CredentialOffer
  request: CredentialRequest
  /** Raw value of each attribute of the schema, by its name there. */
  values: Readonly<Record<string, string>>
}

const invalid = (detail: string): IssuerError => new IssuerError('ANONCREDS_PROOF_INVALID', { detail })

/**
 * Checks a request and signs the values with its blinded link secret (AnonCreds specification, Issue Credential).
 * @throws ANONCREDS_PROOF_INVALID for a request that is not proven or answers another offer
 * @throws SCHEMA_VALIDATION_FAILED when the values are not exactly those of the schema
 */
export function createCredential(input: Input): AnonCredsCredential {
  const { credentialDefinition, request, offer } = input
  const key = publicKeyOf(credentialDefinition)
  const group = openIssuerGroup(input.privateKey)
  if (group.modulus !== key.n)
    throw new IssuerError('SIGNING_FAILED', { detail: 'The private key is of another definition.' })
  checkRequest({ key, group, offer, request })
  const values = encodeValues(key, input.values)
  const m2 = context(request)
  return {
    schema_id: credentialDefinition.schemaId,
    cred_def_id: offer.cred_def_id,
    rev_reg_id: null,
    values,
    ...sign({ key, group, values, request, m2 }),
    rev_reg: null,
    witness: null,
  }
}

/** Honest responses are no longer than this: c times the secret, and the blinding value. */
const longestVDashCap = lengths.challenge + lengths.vPrime + 1
const longestMCap = lengths.mTildeOfRequest + 1

/** The holder knows what is inside u, and it is a link secret and nothing else. */
function checkRequest(input: {
  key: PublicKey
  group: IssuerGroup
  offer: CredentialOffer
  request: CredentialRequest
}): void {
  const { key, group, offer, request } = input
  if (request.cred_def_id !== offer.cred_def_id)
    throw invalid('The request is for another credential definition.')
  const { c, v_dash_cap, m_caps } = request.blinded_ms_correctness_proof
  const [u, challenge, vCap, mCap] = [request.blinded_ms.u, c, v_dash_cap, m_caps[linkSecretName]].map(
    (value) => BigInt(value as string),
  ) as [bigint, bigint, bigint, bigint]
  if (!isUnit(u, key.n)) throw invalid('The blinded link secret is no unit modulo n.')
  if (
    !isShort(challenge, lengths.challenge) ||
    !isShort(vCap, longestVDashCap) ||
    !isShort(mCap, longestMCap)
  )
    throw invalid('The proof of the blinded link secret holds a number that is too long.')
  const rms = key.r.get(linkSecretName) as bigint
  const commitment = group.product([u, -challenge], [key.s, vCap], [rms, mCap])
  if (hashIntegers([u, commitment, BigInt(offer.nonce)]) !== challenge)
    throw invalid('The proof of the blinded link secret does not hold.')
}

function encodeValues(key: PublicKey, raw: Input['values']): AnonCredsCredential['values'] {
  checkValues([...key.r.keys()], raw)
  return Object.fromEntries(
    Object.entries(raw).map(([name, value]) => [name, { raw: value, encoded: encodeAttribute(value) }]),
  )
}

/** m₂ ties the credential to its request; the reference reads these two hashes with the least significant byte first. */
function context({ entropy, prover_did }: CredentialRequest): bigint {
  const littleEndian = (text: string) =>
    fromBytes(createHash('sha256').update(text, 'utf8').digest().reverse())
  return hashIntegers([littleEndian(entropy ?? prover_did ?? ''), littleEndian('-1')])
}

/** A prime in [2^596, 2^596 + 2^119]. */
function randomPrime(): bigint {
  for (;;) {
    const candidate = (eStart + randomBelow(eRange)) | 1n
    if (checkPrimeSync(candidate)) return candidate
  }
}

/** A = Q^(1/e) with Q = Z / (S^v″ u Rctxt^m₂ ∏R^m), and the proof that A is such a power of Q. */
function sign(input: {
  key: PublicKey
  group: IssuerGroup
  values: AnonCredsCredential['values']
  request: CredentialRequest
  m2: bigint
}): Pick<AnonCredsCredential, 'signature' | 'signature_correctness_proof'> {
  const { key, group, request, m2 } = input
  const vPrimePrime = (1n << BigInt(lengths.vPrimePrime - 1)) | randomBits(lengths.vPrimePrime - 1)
  const blinded = group.product(
    [BigInt(request.blinded_ms.u), 1n],
    [key.s, vPrimePrime],
    [key.rctxt, m2],
    ...Object.entries(input.values).map(
      ([name, { encoded }]) => [key.r.get(normaliseName(name)) as bigint, BigInt(encoded)] as const,
    ),
  )
  const q = (key.z * (inverse(blinded, key.n) as bigint)) % key.n
  const e = randomPrime()
  const a = group.root(q, e)
  const r = randomBelow(group.order)
  const c = hashIntegers([q, a, group.power(q, r), BigInt(request.nonce)])
  const d = inverse(e, group.order) as bigint
  return {
    signature: {
      p_credential: { m_2: String(m2), a: String(a), e: String(e), v: String(vPrimePrime) },
      r_credential: null,
    },
    signature_correctness_proof: { se: String(residue(r - c * d, group.order)), c: String(c) },
  }
}

import { IssuerError } from '../errors.ts'
import { linkSecretName, normaliseName } from './attribute.ts'
import { challengeOf, commitmentBytes } from './challenge.ts'
import type { AnonCredsCredential } from './credential.ts'
import { type CredentialDefinition, publicKeyOf } from './credential-definition.ts'
import { randomBits } from './integer.ts'
import { lengths } from './lengths.ts'
import { distance, type Predicate, predicateOf, sortPredicates } from './predicate.ts'
import type { AnonCredsPresentation } from './presentation.ts'
import { namesOf, type PresentationRequest } from './presentation-request.ts'
import { integerOf, proveCredential } from './prove-credential.ts'
import { isUnrestricted } from './restrictions.ts'

/** A stored credential and what of the request it answers. */
export interface ChosenCredential {
  credential: AnonCredsCredential
  credentialDefinition: CredentialDefinition
  /** Referents of `requested_attributes`, and whether the value is shown. */
  attributes: Readonly<Record<string, { revealed: boolean }>>
  /** Referents of `requested_predicates`. */
  predicates: readonly string[]
}

interface Input {
  request: PresentationRequest
  linkSecret: string
  credentials: readonly ChosenCredential[]
  /** Values that no issuer vouches for, by referent; only where the request has no restrictions. */
  selfAttested?: Readonly<Record<string, string>>
}

const impossible = (detail: string): IssuerError => new IssuerError('PRESENTATION_NOT_POSSIBLE', { detail })

/**
 * Answers a presentation request (AnonCreds specification, Generate Presentation). All credentials must be bound to
 * the one link secret.
 * @throws PRESENTATION_NOT_POSSIBLE when something asked for is missing, or a predicate does not hold
 */
export function createPresentation(input: Input): AnonCredsPresentation {
  checkAnswers(input)
  const linkSecretTilde = randomBits(lengths.mTilde)
  const begun = input.credentials.map((chosen) =>
    proveCredential({
      key: publicKeyOf(chosen.credentialDefinition),
      credential: chosen.credential,
      linkSecret: BigInt(input.linkSecret),
      linkSecretTilde,
      ...wanted(input.request, chosen),
    }),
  )
  const challenge = challengeOf(begun, BigInt(input.request.nonce))
  return {
    proof: {
      proofs: begun.map(({ finish }) => ({ primary_proof: finish(challenge), non_revoc_proof: null })),
      aggregated_proof: { c_hash: String(challenge), c_list: commitmentBytes(begun) },
    },
    requested_proof: requestedProof(input),
    identifiers: input.credentials.map(({ credential }) => ({
      schema_id: credential.schema_id,
      cred_def_id: credential.cred_def_id,
      rev_reg_id: null,
      timestamp: null,
    })),
  }
}

/** Each referent of the request is answered once, and nothing else. */
function checkAnswers({ request, credentials, selfAttested = {} }: Input): void {
  const attributes = [
    ...credentials.flatMap(({ attributes }) => Object.keys(attributes)),
    ...Object.keys(selfAttested),
  ]
  const predicates = credentials.flatMap(({ predicates }) => predicates)
  checkOnce('attribute', Object.keys(request.requested_attributes), attributes)
  checkOnce('predicate', Object.keys(request.requested_predicates), predicates)
  for (const referent of Object.keys(selfAttested)) {
    const asked = request.requested_attributes[referent]
    if (asked?.names !== undefined || !isUnrestricted(asked?.restrictions))
      throw impossible(`The attribute ${referent} must come from a credential.`)
  }
}

function checkOnce(kind: string, asked: readonly string[], answered: readonly string[]): void {
  const missing = asked.find((referent) => !answered.includes(referent))
  if (missing !== undefined) throw impossible(`The ${kind} ${missing} of the request is not answered.`)
  if (new Set(answered).size !== answered.length || answered.length !== asked.length)
    throw impossible(`A ${kind} is answered twice, or was not asked for.`)
}

/** What one credential reveals and proves. */
function wanted(
  request: PresentationRequest,
  { credential, attributes, predicates }: ChosenCredential,
): { revealed: Set<string>; predicates: Predicate[] } {
  const known = new Set(Object.keys(credential.values).map(normaliseName))
  const asked = Object.entries(attributes).flatMap(([referent, { revealed }]) =>
    namesOf(
      request.requested_attributes[referent] as PresentationRequest['requested_attributes'][string],
    ).map((name) => ({ name: normaliseName(name), revealed })),
  )
  const stranger = asked.find(({ name }) => !known.has(name) || name === linkSecretName)
  if (stranger) throw impossible(`The credential has no attribute ${stranger.name}.`)
  const revealed = new Set(asked.filter(({ revealed }) => revealed).map(({ name }) => name))
  const proven = predicates.map((referent) => {
    const { name, p_type, p_value } = request.requested_predicates[
      referent
    ] as PresentationRequest['requested_predicates'][string]
    const predicate = predicateOf(normaliseName(name), p_type, p_value)
    if (revealed.has(predicate.attr_name))
      throw impossible(`${name} cannot be revealed and be subject of a predicate with one credential.`)
    checkHolds(credential, predicate)
    return predicate
  })
  return { revealed, predicates: sortPredicates(proven) }
}

function checkHolds(credential: AnonCredsCredential, predicate: Predicate): void {
  const value = integerOf(credential, predicate.attr_name)
  if (value === undefined) throw impossible(`${predicate.attr_name} is no 32-bit integer in the credential.`)
  if (distance(predicate, value) < 0)
    throw impossible(`The predicate over ${predicate.attr_name} does not hold.`)
}

function requestedProof({
  request,
  credentials,
  selfAttested = {},
}: Input): AnonCredsPresentation['requested_proof'] {
  const groups: NonNullable<AnonCredsPresentation['requested_proof']['revealed_attr_groups']> = {}
  const result: AnonCredsPresentation['requested_proof'] = {
    revealed_attrs: {},
    revealed_attr_groups: groups,
    self_attested_attrs: { ...selfAttested },
    unrevealed_attrs: {},
    predicates: {},
  }
  credentials.forEach(({ credential, attributes, predicates }, index) => {
    for (const [referent, { revealed }] of Object.entries(attributes)) {
      const asked = request.requested_attributes[
        referent
      ] as PresentationRequest['requested_attributes'][string]
      if (!revealed) result.unrevealed_attrs[referent] = { sub_proof_index: index }
      else if (asked.names) {
        const values = Object.fromEntries(asked.names.map((name) => [name, shownValue(credential, name)]))
        groups[referent] = { sub_proof_index: index, values }
      } else {
        result.revealed_attrs[referent] = {
          sub_proof_index: index,
          ...shownValue(credential, asked.name as string),
        }
      }
    }
    for (const referent of predicates) result.predicates[referent] = { sub_proof_index: index }
  })
  return result
}

function shownValue({ values }: AnonCredsCredential, name: string): { raw: string; encoded: string } {
  const found = Object.entries(values).find(([own]) => normaliseName(own) === normaliseName(name))
  const { raw, encoded } = (found as [string, { raw: string; encoded: string }])[1]
  return { raw, encoded }
}

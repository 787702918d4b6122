import { IssuerError } from '../errors.ts'
import { encodeAttribute, linkSecretName, normaliseName, normaliseNames } from './attribute.ts'
import { challengeOf, commitmentBytes } from './challenge.ts'
import { type CredentialDefinition, checkAttributes, publicKeyOf } from './credential-definition.ts'
import { type Predicate, predicateOf, sortPredicates } from './predicate.ts'
import type { AnonCredsPresentation } from './presentation.ts'
import { namesOf, type PresentationRequest } from './presentation-request.ts'
import { type CredentialFacts, isUnrestricted, type Restrictions, satisfies } from './restrictions.ts'
import type { AnonCredsSchema } from './schema.ts'
import { ProofProblem, rebuildProof } from './verify-proof.ts'

interface Input {
  presentation: AnonCredsPresentation
  /** As the verifier sent it; its nonce is taken once. */
  request: PresentationRequest
  /** As resolved by the ids in `identifiers`. */
  schemas: Readonly<Record<string, AnonCredsSchema>>
  credentialDefinitions: Readonly<Record<string, CredentialDefinition>>
}

/** Whether a presentation holds, and why not. */
export type PresentationVerdict = { verified: true } | { verified: false; reason: string }

type RequestedProof = AnonCredsPresentation['requested_proof']

const refuse = (reason: string): never => {
  throw new ProofProblem(reason)
}

/**
 * Checks a presentation against its request (AnonCreds specification, Verify Presentation): every attribute and
 * predicate is answered from a credential that its restrictions allow, raw values are those that were signed, all
 * credentials are bound to one link secret, and the proof holds for this nonce.
 * @throws SCHEMA_NOT_FOUND, CREDENTIAL_DEFINITION_NOT_FOUND when one that the presentation names was not handed in
 */
export function verifyPresentation(input: Input): PresentationVerdict {
  try {
    const parts = input.presentation.identifiers.map((_, index) => subProof(input, index))
    checkAnswers(input, parts)
    checkProofs(input, parts)
    return { verified: true }
  } catch (error) {
    if (error instanceof ProofProblem) return { verified: false, reason: error.message }
    throw error
  }
}

/** What the presentation says one of its proofs is about. */
interface SubProof {
  definition: CredentialDefinition
  facts: CredentialFacts
  /** Normalised names. */
  revealed: ReadonlySet<string>
  predicates: readonly Predicate[]
}

function requireEntry<T>(
  entries: Readonly<Record<string, T>>,
  id: string,
  code: 'SCHEMA_NOT_FOUND' | 'CREDENTIAL_DEFINITION_NOT_FOUND',
): T {
  const found = Object.hasOwn(entries, id) ? entries[id] : undefined
  if (found === undefined) throw new IssuerError(code, { facts: { id } })
  return found
}

function subProof({ presentation, request, ...resolved }: Input, index: number): SubProof {
  const { schema_id, cred_def_id } = presentation.identifiers[
    index
  ] as AnonCredsPresentation['identifiers'][number]
  const schema = requireEntry(resolved.schemas, schema_id, 'SCHEMA_NOT_FOUND')
  const definition = requireEntry(
    resolved.credentialDefinitions,
    cred_def_id,
    'CREDENTIAL_DEFINITION_NOT_FOUND',
  )
  if (definition.schemaId !== schema_id)
    refuse('The definition is of another schema than the presentation says.')
  checkAttributes(schema, publicKeyOf(definition))
  const revealed = revealedOf(presentation.requested_proof, index, request)
  const predicates = Object.entries(presentation.requested_proof.predicates)
    .filter(([, { sub_proof_index }]) => sub_proof_index === index)
    .map(([referent]) => request.requested_predicates[referent])
    .filter((predicate) => predicate !== undefined)
    .map(({ name, p_type, p_value }) => predicateOf(normaliseName(name), p_type, p_value))
  return {
    definition,
    revealed: new Set(revealed.keys()),
    predicates: sortPredicates(predicates),
    facts: {
      schemaId: schema_id,
      schemaIssuerId: schema.issuerId,
      schemaName: schema.name,
      schemaVersion: schema.version,
      issuerId: definition.issuerId,
      credentialDefinitionId: cred_def_id,
      revealed,
      attributes: new Set(normaliseNames(schema.attrNames)),
    },
  }
}

/** Raw values that one proof reveals, by normalised name; a name has one value. */
function revealedOf(proof: RequestedProof, index: number, request: PresentationRequest): Map<string, string> {
  const values = new Map<string, string>()
  const add = (name: string, raw: string) => {
    if ((values.get(name) ?? raw) !== raw) refuse('The presentation gives two values for one attribute.')
    values.set(name, raw)
  }
  for (const [referent, { sub_proof_index, raw }] of Object.entries(proof.revealed_attrs)) {
    const name = request.requested_attributes[referent]?.name
    if (sub_proof_index === index && name !== undefined) add(normaliseName(name), raw)
  }
  for (const { sub_proof_index, values: group } of Object.values(proof.revealed_attr_groups ?? {})) {
    if (sub_proof_index !== index) continue
    for (const [name, { raw }] of Object.entries(group)) add(normaliseName(name), raw)
  }
  return values
}

/** Each referent is answered once, in the form that it was asked for, by a credential that may answer it. */
function checkAnswers({ presentation, request }: Input, parts: readonly SubProof[]): void {
  const {
    revealed_attrs,
    revealed_attr_groups = {},
    self_attested_attrs,
    unrevealed_attrs,
    predicates,
  } = presentation.requested_proof
  checkCovered(Object.keys(request.requested_attributes), [
    ...[revealed_attrs, revealed_attr_groups, self_attested_attrs, unrevealed_attrs].flatMap(Object.keys),
  ])
  checkCovered(Object.keys(request.requested_predicates), Object.keys(predicates))
  for (const [referent, asked] of Object.entries(request.requested_attributes)) {
    if (Object.hasOwn(self_attested_attrs, referent)) {
      if (asked.names || !isUnrestricted(asked.restrictions))
        refuse(`${referent} must come from a credential.`)
      continue
    }
    const answer = revealed_attrs[referent] ?? revealed_attr_groups[referent] ?? unrevealed_attrs[referent]
    checkValues(asked, presentation.requested_proof, referent)
    checkCredential(parts, answer?.sub_proof_index, namesOf(asked), asked.restrictions)
  }
  for (const [referent, { name, restrictions }] of Object.entries(request.requested_predicates))
    checkCredential(parts, predicates[referent]?.sub_proof_index, [name], restrictions)
}

function checkCovered(asked: readonly string[], answered: readonly string[]): void {
  const once = new Set(answered)
  if (
    once.size !== answered.length ||
    asked.length !== once.size ||
    !asked.every((referent) => once.has(referent))
  )
    refuse('The presentation does not answer exactly what was asked for.')
}

/** The answer has the form of the question, and raw values encode to what was signed. */
function checkValues(
  asked: PresentationRequest['requested_attributes'][string],
  { revealed_attrs, revealed_attr_groups = {} }: RequestedProof,
  referent: string,
): void {
  const [single, group] = [revealed_attrs[referent], revealed_attr_groups[referent]]
  if ((single && asked.names) || (group && !asked.names)) refuse(`${referent} is answered in another form.`)
  if (group) checkCovered(asked.names ?? [], Object.keys(group.values))
  for (const { raw, encoded } of [...(single ? [single] : []), ...Object.values(group?.values ?? {})])
    if (encodeAttribute(raw) !== encoded)
      refuse(`The raw value of ${referent} is not the one that was signed.`)
}

function checkCredential(
  parts: readonly SubProof[],
  index: number | undefined,
  names: readonly string[],
  restrictions: Restrictions,
): void {
  const part = index === undefined ? undefined : parts[index]
  if (!part) throw new ProofProblem('The presentation names a proof that it does not have.')
  const normalised = names.map(normaliseName)
  if (!normalised.every((name) => part.facts.attributes.has(name) && name !== linkSecretName))
    refuse('The credential does not have an attribute that was asked for.')
  if (!satisfies(restrictions, part.facts)) refuse('The credential is none that the restrictions allow.')
}

function checkProofs({ presentation, request }: Input, parts: readonly SubProof[]): void {
  const { proofs, aggregated_proof } = presentation.proof
  if (proofs.length !== parts.length) refuse('The presentation does not have one proof for each credential.')
  const challenge = BigInt(aggregated_proof.c_hash)
  const hashes = proofs.map(({ primary_proof }, index) => {
    const part = parts[index] as SubProof
    for (const [name, raw] of part.facts.revealed)
      if (primary_proof.eq_proof.revealed_attrs[name] !== encodeAttribute(raw))
        refuse('A revealed value is not the one that the proof is about.')
    return rebuildProof(primary_proof, { ...part, key: publicKeyOf(part.definition), challenge })
  })
  const linkSecrets = new Set(proofs.map(({ primary_proof }) => primary_proof.eq_proof.m[linkSecretName]))
  if (linkSecrets.size > 1) refuse('The credentials are not bound to one link secret.')
  if (JSON.stringify(commitmentBytes(hashes)) !== JSON.stringify(aggregated_proof.c_list))
    refuse('The listed commitments are not those of the proofs.')
  if (challengeOf(hashes, BigInt(request.nonce)) !== challenge)
    refuse('The proof does not hold for this request.')
}

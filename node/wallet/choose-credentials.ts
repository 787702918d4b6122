import { normaliseName, parseInteger } from '../anoncreds/attribute.ts'
import type { AnonCredsCredential } from '../anoncreds/credential.ts'
import { distance, predicateOf } from '../anoncreds/predicate.ts'
import { namesOf, type PresentationRequest } from '../anoncreds/presentation-request.ts'
import { type CredentialFacts, satisfies } from '../anoncreds/restrictions.ts'
import type { AnonCredsSchema } from '../anoncreds/schema.ts'
import { IssuerError } from '../errors.ts'
import { createPause } from '../time-slice.ts'

/** A credential of the wallet with what its schema and definition say. */
export interface Candidate {
  credentialId: string
  credential: AnonCredsCredential
  schema: AnonCredsSchema
  issuerId: string
}

/** Which credential answers which part of a request. */
export interface Choice {
  credentialId: string
  /** Referents of `requested_attributes`, and whether the value is shown. */
  attributes: Record<string, { revealed: boolean }>
  /** Referents of `requested_predicates`. */
  predicates: string[]
}

interface Input {
  request: PresentationRequest
  /** All bound to one link secret. */
  candidates: readonly Candidate[]
  /** Referents that the holder answers itself. */
  selfAttested: ReadonlySet<string>
  /** Referents whose values are not to be shown. */
  unrevealed: ReadonlySet<string>
}

const impossible = (detail: string): IssuerError => new IssuerError('PRESENTATION_NOT_POSSIBLE', { detail })

/** What of a request a candidate answers. */
interface Answering {
  candidate: Candidate
  attributes: ReadonlySet<string>
  predicates: ReadonlySet<string>
}

/**
 * Chooses credentials for a request: for each part one that answers it, those first that answer most parts. Wallet and
 * request may be large: others have their turn between one candidate and the next.
 * @throws PRESENTATION_NOT_POSSIBLE when none answers a part
 */
export async function chooseCredentials(input: Input): Promise<Choice[]> {
  const ordered = await orderByAnswers(input)
  const choices = new Map<string, Choice>()
  const choiceOf = ({ candidate: { credentialId } }: Answering) => {
    const choice = choices.get(credentialId) ?? { credentialId, attributes: {}, predicates: [] }
    choices.set(credentialId, choice)
    return choice
  }
  for (const [referent] of fromCredentials(input)) {
    const found = ordered.find(({ attributes }) => attributes.has(referent))
    if (!found) throw impossible(`No credential of the wallet answers ${referent}.`)
    choiceOf(found).attributes[referent] = { revealed: !input.unrevealed.has(referent) }
  }
  for (const [referent, asked] of Object.entries(input.request.requested_predicates)) {
    const name = normaliseName(asked.name)
    const shows = ({ candidate }: Answering) =>
      revealedBy(input.request, choices.get(candidate.credentialId)?.attributes ?? {}).has(name)
    const found = ordered.find((answering) => answering.predicates.has(referent) && !shows(answering))
    if (!found) throw impossible(`No credential of the wallet answers ${referent}.`)
    choiceOf(found).predicates.push(referent)
  }
  return [...choices.values()]
}

async function orderByAnswers(input: Input): Promise<Answering[]> {
  const shown = shownNames(input)
  const pause = createPause()
  const answering: Answering[] = []
  for (const candidate of input.candidates) {
    await pause()
    answering.push(lookAt(input, candidate, shown))
  }
  const countOf = ({ attributes, predicates }: Answering) => attributes.size + predicates.size
  return answering.sort((a, b) => countOf(b) - countOf(a))
}

function lookAt(input: Input, candidate: Candidate, names: ReadonlySet<string>): Answering {
  const values = valuesOf(candidate)
  const [shown, hidden] = [factsOf(candidate, values, names), factsOf(candidate, values, new Set())]
  const attributes = fromCredentials(input).filter(
    ([, asked]) =>
      namesOf(asked).every((name) => values.has(normaliseName(name))) && satisfies(asked.restrictions, shown),
  )
  const predicates = Object.entries(input.request.requested_predicates).filter(([, asked]) => {
    const predicate = predicateOf(normaliseName(asked.name), asked.p_type, asked.p_value)
    const value = parseInteger(values.get(predicate.attr_name) ?? '')
    return value !== undefined && distance(predicate, value) >= 0 && satisfies(asked.restrictions, hidden)
  })
  return {
    candidate,
    attributes: new Set(attributes.map(([referent]) => referent)),
    predicates: new Set(predicates.map(([referent]) => referent)),
  }
}

const fromCredentials = ({ request, selfAttested }: Input) =>
  Object.entries(request.requested_attributes).filter(([referent]) => !selfAttested.has(referent))

/** Normalised names that one credential would show if it answered everything. */
function shownNames(input: Input): Set<string> {
  const all = fromCredentials(input).map(
    ([referent]) => [referent, { revealed: !input.unrevealed.has(referent) }] as const,
  )
  return revealedBy(input.request, Object.fromEntries(all))
}

/** Normalised names that the answers to some referents show. */
function revealedBy(request: PresentationRequest, attributes: Choice['attributes']): Set<string> {
  const shown = Object.entries(attributes).filter(([, { revealed }]) => revealed)
  return new Set(
    shown.flatMap(([referent]) => {
      const asked = request.requested_attributes[referent]
      return asked ? namesOf(asked).map(normaliseName) : []
    }),
  )
}

/** Raw values by normalised name. */
const valuesOf = ({ credential }: Candidate): ReadonlyMap<string, string> =>
  new Map(Object.entries(credential.values).map(([name, { raw }]) => [normaliseName(name), raw]))

function factsOf(
  { credential, schema, issuerId }: Candidate,
  values: ReadonlyMap<string, string>,
  shown: ReadonlySet<string>,
): CredentialFacts {
  return {
    schemaId: credential.schema_id,
    schemaIssuerId: schema.issuerId,
    schemaName: schema.name,
    schemaVersion: schema.version,
    issuerId,
    credentialDefinitionId: credential.cred_def_id,
    revealed: new Map([...values].filter(([name]) => shown.has(name))),
    attributes: new Set(values.keys()),
  }
}

/**
 * Refuses a choice that no verifier would take, before anything is computed.
 * @throws PRESENTATION_NOT_POSSIBLE when a chosen credential is none that the restrictions allow
 */
export function checkRestrictions(
  request: PresentationRequest,
  choices: readonly (Choice & { candidate: Candidate })[],
): void {
  for (const { candidate, attributes, predicates } of choices) {
    const facts = factsOf(candidate, valuesOf(candidate), revealedBy(request, attributes))
    const asked = [
      ...Object.keys(attributes).map(
        (referent) => [referent, request.requested_attributes[referent]] as const,
      ),
      ...predicates.map((referent) => [referent, request.requested_predicates[referent]] as const),
    ]
    for (const [referent, part] of asked)
      if (part && !satisfies(part.restrictions, facts))
        throw impossible(`The credential chosen for ${referent} is none that its restrictions allow.`)
  }
}

import { normaliseName, parseInteger } from '../anoncreds/attribute.ts'
import type { AnonCredsCredential } from '../anoncreds/credential.ts'
import { distance, predicateOf } from '../anoncreds/predicate.ts'
import { namesOf, type PresentationRequest } from '../anoncreds/presentation-request.ts'
import { type CredentialFacts, satisfies } from '../anoncreds/restrictions.ts'
import type { AnonCredsSchema } from '../anoncreds/schema.ts'
import { IssuerError } from '../errors.ts'

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

/** A candidate as it is looked at, once for every part of a request. */
interface Prepared {
  candidate: Candidate
  /** Raw values by normalised name. */
  values: ReadonlyMap<string, string>
  /** With the values that the request would have shown, and without any. */
  shown: CredentialFacts
  hidden: CredentialFacts
}

type Answers = (prepared: Prepared) => boolean

/**
 * Chooses credentials for a request: for each part one that answers it, as few as come first to mind, namely those that
 * answer most parts.
 * @throws PRESENTATION_NOT_POSSIBLE when none answers a part
 */
export function chooseCredentials(input: Input): Choice[] {
  const { request, unrevealed } = input
  const attributes = attributeAnswers(input)
  const predicates = predicateAnswers(input)
  const ordered = orderByAnswers(input, [...attributes.values(), ...predicates.values()])
  const choices = new Map<string, Choice>()
  const choiceOf = ({ candidate: { credentialId } }: Prepared) => {
    const choice = choices.get(credentialId) ?? { credentialId, attributes: {}, predicates: [] }
    choices.set(credentialId, choice)
    return choice
  }
  for (const [referent, answer] of attributes) {
    const found = ordered.find(answer)
    if (!found) throw impossible(`No credential of the wallet answers ${referent}.`)
    choiceOf(found).attributes[referent] = { revealed: !unrevealed.has(referent) }
  }
  for (const [referent, answer] of predicates) {
    const name = normaliseName(request.requested_predicates[referent]?.name ?? '')
    const shows = ({ candidate }: Prepared) =>
      revealedBy(request, choices.get(candidate.credentialId)?.attributes ?? {}).has(name)
    const found = ordered.find((prepared) => answer(prepared) && !shows(prepared))
    if (!found) throw impossible(`No credential of the wallet answers ${referent}.`)
    choiceOf(found).predicates.push(referent)
  }
  return [...choices.values()]
}

/** Those that answer most parts come first. */
function orderByAnswers(input: Input, answers: readonly Answers[]): Prepared[] {
  const shown = shownNames(input)
  const countOf = (prepared: Prepared) => answers.filter((answer) => answer(prepared)).length
  return input.candidates
    .map((candidate) => prepare(candidate, shown))
    .map((prepared) => ({ prepared, count: countOf(prepared) }))
    .sort((a, b) => b.count - a.count)
    .map(({ prepared }) => prepared)
}

function prepare(candidate: Candidate, names: ReadonlySet<string>): Prepared {
  const values = valuesOf(candidate)
  const [shown, hidden] = [factsOf(candidate, values, names), factsOf(candidate, values, new Set())]
  return { candidate, values, shown, hidden }
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

const fromCredentials = ({ request, selfAttested }: Input) =>
  Object.entries(request.requested_attributes).filter(([referent]) => !selfAttested.has(referent))

/** Normalised names that one credential would show if it answered everything. */
function shownNames(input: Input): Set<string> {
  const all = fromCredentials(input).map(
    ([referent]) => [referent, { revealed: !input.unrevealed.has(referent) }] as const,
  )
  return revealedBy(input.request, Object.fromEntries(all))
}

function attributeAnswers(input: Input): Map<string, Answers> {
  return new Map(
    fromCredentials(input).map(([referent, asked]) => {
      const names = namesOf(asked).map(normaliseName)
      const answers: Answers = ({ values, shown }) =>
        names.every((name) => values.has(name)) && satisfies(asked.restrictions, shown)
      return [referent, answers]
    }),
  )
}

function predicateAnswers({ request }: Input): Map<string, Answers> {
  return new Map(
    Object.entries(request.requested_predicates).map(
      ([referent, { name, p_type, p_value, restrictions }]) => {
        const predicate = predicateOf(normaliseName(name), p_type, p_value)
        const answers: Answers = ({ values, hidden }) => {
          const value = parseInteger(values.get(predicate.attr_name) ?? '')
          return value !== undefined && distance(predicate, value) >= 0 && satisfies(restrictions, hidden)
        }
        return [referent, answers]
      },
    ),
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

import { randomInt } from 'node:crypto'
import {
  createCredential,
  createCredentialDefinition,
  createCredentialOffer,
  createCredentialRequest,
  createLinkSecret,
  createNonce,
  createPresentation,
  parseCredential,
  parseCredentialOffer,
  parseCredentialRequest,
  parsePresentation,
  parsePresentationRequest,
  processCredential,
  verifyPresentation,
} from '../../node/anoncreds/anoncreds.ts'
import { encodeAttribute } from '../../node/anoncreds/attribute.ts'
import { plain, type Reference } from './reference.ts'

type Created = Awaited<ReturnType<typeof createCredentialDefinition>>

const issuerId = 'did:ethr:0x7a69:0x1111111111111111111111111111111111111111'
const schemaId = `${issuerId}/anoncreds/v0/SCHEMA/interop/1.0`
const definitionId = `${issuerId}/anoncreds/v0/CLAIM_DEF/${issuerId}:interop:1.0/default`

/** Attributes with values, and what a presentation shows of them. */
export interface Case {
  values: Record<string, string>
  revealed: readonly string[]
  predicates: readonly { name: string; p_type: '>=' | '>' | '<=' | '<'; p_value: number }[]
}

const edges = [
  '-2147483648',
  '2147483647',
  '2147483648',
  '007',
  '+5',
  '-0',
  '',
  '0',
  ' 1',
  '1.0',
  '٣',
  'None',
]
const letters = [
  'Name',
  'birth Date',
  'ÅNGSTRÖM',
  '名前',
  'e\u0301tat',
  'emoji 🎓',
  'UPPER case',
  'x_y',
  'a-b',
  'Σίγμα',
]
const pick = <Item>(items: readonly Item[]): Item => items[randomInt(items.length)] as Item

function predicateOver(name: string, value: number): Case['predicates'][number] {
  const least = Math.max(-(2 ** 31), value - randomInt(1, 1000))
  const most = Math.min(2 ** 31 - 1, value + randomInt(1, 1000))
  const choices = [
    { name, p_type: '>=' as const, p_value: pick([value, least]) },
    { name, p_type: '<=' as const, p_value: pick([value, most]) },
    ...(least < value ? [{ name, p_type: '>' as const, p_value: least }] : []),
    ...(most > value ? [{ name, p_type: '<' as const, p_value: most }] : []),
  ]
  return pick(choices)
}

/** A schema of 1 to 8 attributes, edge values among theirs, and one predicate or two over an integer. */
export function generateCase(): Case {
  const values: Record<string, string> = {
    Age: String(pick([18, 0, -5, 2 ** 31 - 1, -(2 ** 31), randomInt(200)])),
  }
  const names = Array.from({ length: randomInt(8) }, (_, i) => `${pick(letters)} ${i}`)
  for (const name of names)
    values[name] = pick([...edges, `text ${randomInt(1000)} ÄÖ 🎓`, String(randomInt(1e9))])
  // The reference's verifier refuses a revealed 0, even in a presentation that its own prover made.
  const revealed = names.filter((name) => encodeAttribute(values[name] ?? '') !== '0' && randomInt(2) === 0)
  const age = Number(values.Age)
  return {
    values,
    revealed,
    predicates: Array.from({ length: randomInt(1, 3) }, () => predicateOver('Age', age)),
  }
}

export function requestFor({ revealed, predicates }: Case) {
  return parsePresentationRequest({
    name: 'interop',
    version: '1.0',
    nonce: createNonce(),
    requested_attributes: Object.fromEntries(revealed.map((name, i) => [`attribute-${i}`, { name }])),
    requested_predicates: Object.fromEntries(predicates.map((predicate, i) => [`predicate-${i}`, predicate])),
  })
}

/** A definition of the case's attributes; the primes are used again, as making them takes seconds. */
export async function prepare({ values }: Case, privateKey: Created['privateKey'] | undefined) {
  const schema = { issuerId, name: 'interop', version: '1.0', attrNames: Object.keys(values) }
  const created = await createCredentialDefinition({
    ...{ schema, schemaId, issuerId, tag: 'default' },
    ...(privateKey && { privateKey }),
  })
  return { schema, ...created }
}

export type Prepared = Awaited<ReturnType<typeof prepare>>

function theirResolved(reference: Reference, { schema, credentialDefinition }: Prepared) {
  return [
    { [schemaId]: reference.CredentialSchema.from(schema) },
    { [definitionId]: reference.CredentialDefinition.from(credentialDefinition) },
  ] as const
}

function ourResolved({ schema, credentialDefinition }: Prepared) {
  return {
    schemas: { [schemaId]: schema },
    credentialDefinitions: { [definitionId]: credentialDefinition },
  }
}

/** Their holder takes our credential and presents it; our verifier judges. */
export function theirHolder(reference: Reference, prepared: Prepared, one: Case) {
  const { credentialDefinition, privateKey, keyCorrectnessProof } = prepared
  const definition = () => reference.CredentialDefinition.from(credentialDefinition)
  const offer = createCredentialOffer({ schemaId, credentialDefinitionId: definitionId, keyCorrectnessProof })
  const linkSecret = new reference.LinkSecret()
  const asked = reference.Prover.createCredentialRequest(
    ...([definition(), linkSecret, 'default', reference.CredentialOffer.from(offer)] as const),
  )
  const request = parseCredentialRequest(plain(asked.request))
  const credential = createCredential({
    credentialDefinition,
    privateKey,
    offer,
    request,
    values: one.values,
  })
  const theirs = reference.Credential.from(credential)
  const stored = reference.Prover.processCredential(theirs, asked.metadata, linkSecret, definition())
  const presentationRequest = requestFor(one)
  const presentation = reference.Prover.createPresentation(
    ...([reference.PresentationRequest.from(presentationRequest), stored, linkSecret] as const),
    ...theirResolved(reference, prepared),
  )
  const shown = parsePresentation(plain(presentation))
  const verdict = verifyPresentation({
    presentation: shown,
    request: presentationRequest,
    ...ourResolved(prepared),
  })
  return { offer, request, presentationRequest, presentation: shown, verdict }
}

/** Our holder takes their credential and presents it; their verifier judges. */
export function theirIssuer(reference: Reference, prepared: Prepared, one: Case) {
  const { schema, credentialDefinition, privateKey, keyCorrectnessProof } = prepared
  const theirOffer = reference.Issuer.createCredentialOffer(
    schemaId,
    definitionId,
    reference.CredentialKeyCorrectnessProof.from(keyCorrectnessProof),
  )
  const offer = parseCredentialOffer(plain(theirOffer))
  const linkSecret = createLinkSecret()
  const { request, metadata } = createCredentialRequest({ offer, schema, credentialDefinition, linkSecret })
  const issued = reference.Issuer.createCredential(
    reference.CredentialDefinition.from(credentialDefinition),
    reference.CredentialDefinitionPrivate.from(privateKey),
    theirOffer,
    reference.CredentialRequest.from(request),
    one.values,
  )
  const credential = parseCredential(plain(issued))
  const stored = processCredential({ credential, credentialDefinition, request, metadata, linkSecret })
  const presentationRequest = requestFor(one)
  const attributes = Object.keys(presentationRequest.requested_attributes)
  const presentation = createPresentation({
    request: presentationRequest,
    linkSecret,
    credentials: [
      {
        ...{ credential: stored, credentialDefinition },
        attributes: Object.fromEntries(attributes.map((referent) => [referent, { revealed: true }])),
        predicates: Object.keys(presentationRequest.requested_predicates),
      },
    ],
  })
  const judge = (shown: unknown) => theirVerdict(reference, prepared, { shown, presentationRequest })
  return {
    ...{ offer, request, metadata, linkSecret, credential, presentationRequest, presentation },
    verdict: judge(presentation),
    judge,
  }
}

/** A refusal of theirs is either false or an exception. */
function theirVerdict(
  reference: Reference,
  prepared: Prepared,
  { shown, presentationRequest }: { shown: unknown; presentationRequest: unknown },
): boolean {
  try {
    return reference.Verifier.verifyPresentation(
      reference.Presentation.from(shown),
      reference.PresentationRequest.from(presentationRequest),
      ...theirResolved(reference, prepared),
    )
  } catch {
    return false
  }
}

/** The same for our verifier. */
export function ourVerdict(
  prepared: Prepared,
  { shown, presentationRequest }: { shown: unknown; presentationRequest: ReturnType<typeof requestFor> },
): boolean {
  try {
    const presentation = parsePresentation(shown)
    return verifyPresentation({ presentation, request: presentationRequest, ...ourResolved(prepared) })
      .verified
  } catch {
    return false
  }
}

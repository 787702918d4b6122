import {
  parseCredential,
  parseCredentialDefinition,
  parseCredentialOffer,
  parseCredentialRequest,
  parsePresentation,
  parsePresentationRequest,
  parseSchema,
} from '../../../node/anoncreds/anoncreds.ts'
import { publicKeyOf } from '../../../node/anoncreds/credential-definition.ts'
import { parsePrivateKey } from '../../../node/anoncreds/issuer-key.ts'
import { readsOrRefuses } from '../../hostile-values.ts'
import { reference } from './party.ts'

const [{ prepared, theirHolder, theirIssuer }] = reference.cases
const restrictions = [{ $and: [{ $not: { issuer_id: { $in: ['a'] } } }, { 'attr::city::value': 'Ulm' }] }]
const request = {
  ...{ name: 'all', version: '1.0', nonce: '1', non_revoked: { from: 1, to: 2 } },
  requested_attributes: { one: { name: 'city', restrictions }, more: { names: ['a', 'b'] } },
  requested_predicates: { p: { name: 'age', p_type: '>=', p_value: 18, restrictions } },
}

/** What reads a document of somebody else, and documents that it reads. */
const documents: Record<string, [(value: unknown) => unknown, ...unknown[]]> = {
  parseSchema: [parseSchema, prepared.schema],
  parseCredentialDefinition: [parseCredentialDefinition, prepared.credentialDefinition],
  'the key of a definition': [
    (value) => publicKeyOf(parseCredentialDefinition(value)),
    prepared.credentialDefinition,
  ],
  parsePrivateKey: [parsePrivateKey, prepared.privateKey],
  parseCredentialOffer: [parseCredentialOffer, theirHolder.offer, theirIssuer.offer],
  parseCredentialRequest: [parseCredentialRequest, theirHolder.request, theirIssuer.request],
  parseCredential: [parseCredential, theirIssuer.credential],
  parsePresentationRequest: [parsePresentationRequest, request, theirHolder.presentationRequest],
  parsePresentation: [parsePresentation, theirHolder.presentation, theirIssuer.presentation],
}

describe('documents of AnonCreds that others send', () => {
  for (const [name, [parse, ...good]] of Object.entries(documents))
    it(`${name}: are read or refused, whatever they are`, () => readsOrRefuses(parse, { good }))
})

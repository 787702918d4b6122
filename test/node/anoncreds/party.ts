import { readFileSync } from 'node:fs'
import {
  createCredential,
  createCredentialDefinition,
  createCredentialOffer,
  createCredentialRequest,
  createLinkSecret,
  createNonce,
  parsePresentationRequest,
  processCredential,
} from '../../../node/anoncreds/anoncreds.ts'
import { IssuerError } from '../../../node/errors.ts'

/** What the reference made, and the keys it was made with. */
export const reference = JSON.parse(
  readFileSync(new URL('../../vectors/anoncreds/reference.json', import.meta.url), 'utf8'),
)

export const issuerId = 'did:ethr:0x7a69:0x1111111111111111111111111111111111111111'
export const schemaId = `${issuerId}/anoncreds/v0/SCHEMA/person/1.0`
export const definitionId = `${issuerId}/anoncreds/v0/CLAIM_DEF/${issuerId}:person:1.0/default`

/** An issuer with a definition; safe primes take seconds, so they are those of the fixtures. */
export async function openIssuer(attrNames: readonly string[]) {
  const schema = { issuerId, name: 'person', version: '1.0', attrNames: [...attrNames] }
  const { privateKey } = reference.cases[0].prepared
  const created = await createCredentialDefinition({ schema, schemaId, issuerId, tag: 'default', privateKey })
  return { schema, ...created }
}

export type Issuer = Awaited<ReturnType<typeof openIssuer>>

export const offerOf = ({ keyCorrectnessProof }: Issuer) =>
  createCredentialOffer({ schemaId, credentialDefinitionId: definitionId, keyCorrectnessProof })

/** All steps up to a stored credential. */
export function issue(issuer: Issuer, values: Record<string, string>, linkSecret = createLinkSecret()) {
  const { schema, credentialDefinition, privateKey } = issuer
  const offer = offerOf(issuer)
  const { request, metadata } = createCredentialRequest({ offer, schema, credentialDefinition, linkSecret })
  const credential = createCredential({ credentialDefinition, privateKey, offer, request, values })
  const stored = processCredential({ credential, credentialDefinition, request, metadata, linkSecret })
  return { offer, request, metadata, credential, stored, linkSecret }
}

export const requestOf = (request: Record<string, unknown>) =>
  parsePresentationRequest({ name: 'test', version: '1.0', nonce: createNonce(), ...request })

export const resolved = ({ schema, credentialDefinition }: Issuer) => ({
  schemas: { [schemaId]: schema },
  credentialDefinitions: { [definitionId]: credentialDefinition },
})

/** For assert.throws: an error of the table by its code. */
export const withCode = (code: string) => (error: unknown) =>
  error instanceof IssuerError && error.code === code

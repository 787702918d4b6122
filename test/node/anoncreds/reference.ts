import assert from 'node:assert/strict'
import {
  createCredential,
  parseCredential,
  parseCredentialOffer,
  parseCredentialRequest,
  parsePresentation,
  parsePresentationRequest,
  processCredential,
  verifyPresentation,
} from '../../../node/anoncreds/anoncreds.ts'
import { reference } from './party.ts'

interface Case {
  prepared: Record<'schema' | 'credentialDefinition' | 'privateKey', never>
  values: Record<string, string>
  theirHolder: Record<'offer' | 'request' | 'presentationRequest' | 'presentation', unknown>
  theirIssuer: Record<'offer' | 'request' | 'credential' | 'presentationRequest' | 'presentation', unknown> &
    Record<'metadata' | 'linkSecret', never>
}

/** Fixtures that the WebAssembly build of anoncreds-rs made or accepted. */
describe('AnonCreds of the reference', () => {
  for (const [index, { prepared, values, theirHolder, theirIssuer }] of (
    reference.cases as Case[]
  ).entries()) {
    const { schema, credentialDefinition } = prepared

    function verify(presentation: unknown, presentationRequest: unknown) {
      const [identifier] = parsePresentation(presentation).identifiers
      return verifyPresentation({
        presentation: parsePresentation(presentation),
        request: parsePresentationRequest(presentationRequest),
        schemas: { [identifier!.schema_id]: schema },
        credentialDefinitions: { [identifier!.cred_def_id]: credentialDefinition },
      })
    }

    describe(`case ${index}, ${JSON.stringify(values)}`, () => {
      it('has a request that our issuer signs', () => {
        const credential = createCredential({
          ...prepared,
          offer: parseCredentialOffer(theirHolder.offer),
          request: parseCredentialRequest(theirHolder.request),
          values,
        })
        assert.deepEqual(Object.keys(credential.values), Object.keys(values))
      })

      it('has a credential that our holder stores, with our encodings', () => {
        const credential = parseCredential(theirIssuer.credential)
        const request = parseCredentialRequest(theirIssuer.request)
        const { metadata, linkSecret } = theirIssuer
        const stored = processCredential({ credential, credentialDefinition, request, metadata, linkSecret })
        for (const [name, raw] of Object.entries(values)) assert.equal(stored.values[name]?.raw, raw)
      })

      it('has a presentation that our verifier accepts', () => {
        const { presentation, presentationRequest } = theirHolder
        assert.deepEqual(verify(presentation, presentationRequest), { verified: true })
      })

      it('accepted a presentation of ours', () => {
        const { presentation, presentationRequest } = theirIssuer
        assert.deepEqual(verify(presentation, presentationRequest), { verified: true })
        const other = { ...(presentationRequest as object), nonce: '1' }
        assert.equal(verify(presentation, other).verified, false)
      })
    })
  }
})

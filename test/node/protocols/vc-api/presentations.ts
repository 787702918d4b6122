import assert from 'node:assert/strict'
import type { JsonObject } from '../../../../node/json.ts'
import type { TestNode } from '../../../node.ts'
import { callVcApi, credential, issue, makeDid, openToSuites, v2 } from './vc-api-node.ts'

describe('presentations by the VC API', () => {
  let node: TestNode
  let issuer: string
  let holder: string
  let secured: JsonObject
  const challenge = 'uAAECAwQFBgcICQoLDA0ODw'
  const present = (presentation: JsonObject, options: JsonObject = {}) =>
    callVcApi(node, 'POST', '/presentations', { presentation, options })
  const verify = (body: JsonObject) => callVcApi(node, 'POST', '/presentations/verify', body)

  before(async () => {
    node = await openToSuites()
    issuer = await makeDid(node, 'key', ['Ed25519'])
    holder = await makeDid(node, 'key', ['Ed25519'])
    secured = await issue(node, credential({ issuer }))
  })
  after(() => node?.close())

  const made = async (options: JsonObject = {}): Promise<JsonObject> => {
    const presentation = { type: 'VerifiablePresentation', holder, verifiableCredential: [secured] }
    const { status, body } = await present(presentation, options)
    assert.equal(status, 201, JSON.stringify(body))
    return body.verifiablePresentation
  }

  it('are made in the name of a holder of this node, and verified with their credentials', async () => {
    const verifiablePresentation = await made({ challenge, domain: 'verifier.example' })
    for (const options of [{}, { challenge }, { challenge, domain: 'verifier.example' }]) {
      const { status, body } = await verify({ verifiablePresentation, options })
      assert.deepEqual([status, body.verified, body.credentialResults.length], [200, true, 1])
    }
    const { body } = await verify({ verifiablePresentation, options: { returnPresentation: true } })
    assert.deepEqual(body.verifiablePresentation, verifiablePresentation)
  })

  it('are refused for another challenge, another domain, and what was changed', async () => {
    const verifiablePresentation = await made({ challenge })
    const tampered = { ...secured, credentialSubject: { id: 'did:example:other' } }
    for (const body of [
      { verifiablePresentation, options: { challenge: 'another' } },
      { verifiablePresentation, options: { domain: 'verifier.example' } },
      { verifiablePresentation: { ...verifiablePresentation, verifiableCredential: [tampered] } },
      { verifiablePresentation: { ...verifiablePresentation, holder: issuer } },
      { verifiablePresentation: { ...verifiablePresentation, '@context': [v2, 'https ://not-a-url'] } },
      { verifiablePresentation: { ...verifiablePresentation, '@context': [v2, 123192875] } },
      { verifiablePresentation: { '@context': [v2], type: ['VerifiablePresentation'] } },
      { verifiablePresentation: { type: ['NonconformingDocument'] } },
      { verifiablePresentation: { '@context': [v2], type: ['Other'] } },
      { verifiablePresentation: { ...verifiablePresentation, verifiableCredential: ['did:example:1'] } },
    ]) {
      const answer = await verify(body)
      assert.equal(answer.status, 400, JSON.stringify(answer.body))
      assert.equal(answer.body.verified, false)
      assert.ok(answer.body.problemDetails.length > 0)
    }
  })

  it('may be sent without a proof, as such', async () => {
    const bare = { '@context': [v2], type: ['VerifiablePresentation'], verifiableCredential: [secured] }
    const { status, body } = await verify({ presentation: bare })
    assert.deepEqual([status, body.verified], [200, true])
    assert.equal((await verify({ verifiablePresentation: bare })).status, 400)
    assert.equal((await verify({ presentation: bare, verifiablePresentation: bare })).status, 400)
  })

  it('keep the id and the contexts that they are asked with', async () => {
    const url = 'https://w3id.org/security/data-integrity/v2'
    const bare = { type: 'VerifiablePresentation', holder, verifiableCredential: [secured] }
    const id = 'urn:uuid:4c0d0a4c-0f1c-4c5e-9d3d-2f0f5a0b8d11'
    const { status, body } = await present({ ...bare, '@context': [v2, url], id })
    assert.equal(status, 201, JSON.stringify(body))
    const { verifiablePresentation } = body
    assert.deepEqual([verifiablePresentation.id, verifiablePresentation['@context']], [id, [v2, url]])
    assert.equal((await verify({ verifiablePresentation })).status, 200)
    assert.equal((await present({ ...bare, id: 'no URL' })).status, 400)
    const unknown = await present({ ...bare, '@context': [v2, 'https://unknown.example/v1'] })
    assert.deepEqual([unknown.status, unknown.body.code], [422, 'CLAIMS_NOT_EXPRESSIBLE'])
  })

  it('are made by nobody else', async () => {
    const stranger = 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK'
    assert.equal((await present({ type: 'VerifiablePresentation', holder: stranger })).status, 404)
    const more = { type: 'VerifiablePresentation', holder, termsOfUse: { type: 'urn:x' } }
    assert.equal((await present(more)).status, 400)
  })
})

import assert from 'node:assert/strict'
import type { JsonObject } from '../../../../node/json.ts'
import type { TestNode } from '../../../node.ts'
import {
  callVcApi,
  credential,
  issue,
  makeDid,
  openToSuites,
  refusesToIssue,
  refusesToVerify,
  v1,
  v2,
  verifies,
} from './vc-api-node.ts'

// What https://github.com/w3c-ccg/vc-api-issuer-test-suite and vc-api-verifier-test-suite send and expect.

const examples = 'https://www.w3.org/2018/credentials/examples/v1'

describe('the VC API issuer', () => {
  let node: TestNode
  let issuer: string
  const valid = (): JsonObject => ({
    '@context': [v1, examples],
    id: `urn:uuid:${crypto.randomUUID()}`,
    type: ['VerifiableCredential', 'UniversityDegreeCredential'],
    issuer,
    credentialSubject: {
      id: 'did:key:z6MktKwz7Ge1Yxzr4JHavN33wiwa8y81QdcMRLXQsrH9T53b',
      degree: { degreeType: 'BachelorDegree', name: 'Bachelor of Science and Arts' },
    },
  })
  before(async () => {
    node = await openToSuites()
    issuer = await makeDid(node, 'key', ['Ed25519'])
  })
  after(() => node?.close())

  it('issues a credential of data model 1.1, dating it where it has no date', async () => {
    const document = valid()
    const secured = await issue(node, document)
    assert.equal(secured.id, document.id)
    assert.match(String(secured.issuanceDate), /^\d{4}-.*Z$/)
    await verifies(node, secured)
    await issue(node, { ...valid(), issuanceDate: new Date().toISOString() })
    await issue(node, { ...valid(), expirationDate: '2099-01-01T00:00:00Z' })
  })

  it('wants a credential that is well formed', async () => {
    const { credentialSubject, ...withoutSubject } = valid()
    const { type, ...withoutType } = valid()
    const { '@context': context, ...withoutContext } = valid()
    for (const document of [
      withoutSubject,
      withoutType,
      withoutContext,
      ...[4, [{ foo: true }, 4, false, null], []].map((value) => ({ ...valid(), '@context': value })),
      ...[4, [2, null, { foo: true }, false]].map((value) => ({ ...valid(), type: value })),
      { ...valid(), issuer: 4 },
      { ...valid(), credentialSubject: [null, true, 4] },
      { ...valid(), '@context': [v1, 'https://example.org/nobody/knows/this'] },
    ]) {
      const { status } = await refusesToIssue(node, document)
      assert.equal(status, 400)
    }
    const { status } = await callVcApi(node, 'POST', '/credentials/issue', { verifiableCredential: valid() })
    assert.equal(status, 400)
    void [credentialSubject, type, context]
  })

  it('refuses an issuer that it holds no key for', async () => {
    const foreign = credential({ issuer: 'did:example:issuer' })
    const { body } = await refusesToIssue(node, foreign)
    assert.equal(body.code, 'ISSUER_NOT_FOUND')
    const { issuer: _, ...without } = valid()
    await refusesToIssue(node, without)
  })
})

describe('the VC API verifier', () => {
  let node: TestNode
  let secured: JsonObject & { proof: JsonObject }
  before(async () => {
    node = await openToSuites()
    const issuer = await makeDid(node, 'key', ['Ed25519'])
    secured = await issue(node, credential({ issuer, id: `urn:uuid:${crypto.randomUUID()}` }))
  })
  after(() => node?.close())

  it('verifies what it issued', async () => {
    const { body } = await verifies(node, secured, { returnCredential: true, returnResults: true })
    assert.deepEqual(body.verifiableCredential, secured)
    assert.equal(body.results.proof.status, 'pass')
    assert.deepEqual(body.problemDetails, [])
  })

  it('refuses what is not well formed', async () => {
    const bad: JsonObject[] = [
      ...['string', {}, null, 10, true, [[]], [{}], [null], [10], [true]].map((value) => ({
        '@context': value,
      })),
      ...['string', {}, null, 10, true, [[]], [{}], [null], [10], [true]].map((value) => ({ type: value })),
      ...[[], null, 10, true].map((value) => ({ issuer: value })),
      ...['string', null, 10, true, []].map((value) => ({ credentialSubject: value })),
      ...['string', null, 10, true, []].map((value) => ({ proof: value })),
    ]
    for (const change of bad) await refusesToVerify(node, { ...secured, ...change })
    for (const name of ['@context', 'type', 'issuer', 'credentialSubject', 'proof']) {
      const { [name]: _, ...rest } = secured
      await refusesToVerify(node, rest)
    }
    for (const name of ['type', 'created', 'verificationMethod', 'proofValue', 'proofPurpose']) {
      const { [name]: _, ...proof } = secured.proof
      await refusesToVerify(node, { ...secured, proof })
    }
    await refusesToVerify(node, { type: ['NonconformingDocument'] })
  })

  it('refuses a proof that is none, whatever secures the document', async () => {
    const { issuer } = secured
    for (const type of ['vc+jwt', 'eddsa-rdfc-2022', 'eddsa-jcs-2022']) {
      for (const proof of [null, [], [null], 'string']) {
        const document = credential({ issuer: issuer as string, proof })
        const { status, body } = await refusesToIssue(node, document, { type })
        assert.deepEqual([status, body.errors?.[0]?.pointer], [400, '/credential/proof'])
      }
    }
  })

  it('refuses what was changed, and says why in the terms of the data model', async () => {
    const { body } = await refusesToVerify(node, {
      ...secured,
      credentialSubject: { id: 'did:example:other' },
    })
    assert.equal(
      body.problemDetails[0].type,
      'https://www.w3.org/TR/vc-data-model#CRYPTOGRAPHIC_SECURITY_ERROR',
    )
    assert.equal(body.problemDetails[0].title, 'CRYPTOGRAPHIC_SECURITY_ERROR')
    await refusesToVerify(node, { ...secured, type: ['VerifiableCredential', 'UndefinedType'] })
    await refusesToVerify(node, secured, { expectedProofPurpose: 'authentication' })
    await refusesToVerify(node, secured, { challenge: '1235abcd6789', domain: 'domain.example' })
  })

  it('takes what says when it is valid by its word', async () => {
    const { issuer } = secured
    const { body } = await refusesToVerify(
      node,
      await issue(node, credential({ issuer: issuer as string, validUntil: '2020-01-01T00:00:00Z' })),
    )
    assert.equal(body.problemDetails[0].title, 'RANGE_ERROR')
  })
})

describe('contexts of the VC API', () => {
  let node: TestNode
  let issuer: string
  before(async () => {
    node = await openToSuites()
    issuer = await makeDid(node, 'key', ['Ed25519'])
  })
  after(() => node?.close())

  it('may stand inside the document, which a verifier is told', async () => {
    const inline = { Example: 'https://example.org/#Example', grade: 'https://example.org/#grade' }
    const document = credential({
      issuer,
      '@context': [v2, inline],
      type: ['VerifiableCredential', 'Example'],
      credentialSubject: { grade: 'A' },
    })
    for (const cryptosuite of ['eddsa-rdfc-2022', 'eddsa-jcs-2022']) {
      const secured = await issue(node, document, { cryptosuite })
      assert.deepEqual((secured['@context'] as unknown[])[1], inline)
      const { body } = await verifies(node, secured)
      assert.equal(body.problemDetails[0].title, 'INLINE_CONTEXT')
      const swapped = { ...inline, Example: 'https://example.org/#Other' }
      await refusesToVerify(node, { ...secured, '@context': [v2, swapped] })
      // whoever asks for the claims themselves gets none that name themselves
      const rest = await node.call('POST', '/api/v1/credentials/verify', { body: { credential: secured } })
      assert.equal(rest.status, 400)
    }
  })

  it('may stand inside a token, which a verifier is told', async () => {
    const inline = { Example: 'https://example.org/#Example', grade: 'https://example.org/#grade' }
    const document = credential({
      issuer,
      '@context': [v2, inline],
      type: ['VerifiableCredential', 'Example'],
      credentialSubject: { grade: 'A' },
    })
    for (const type of ['vc+jwt', 'vc+sd-jwt', 'vc+cose']) {
      const secured: JsonObject = await issue(node, document, { type })
      const { body } = await verifies(node, secured)
      assert.equal(body.problemDetails[0]?.title, 'INLINE_CONTEXT', type)
      const presentation = {
        '@context': [v2],
        type: ['VerifiablePresentation'],
        verifiableCredential: [secured],
      }
      const shown = await callVcApi(node, 'POST', '/presentations/verify', { presentation })
      assert.equal(shown.body.problemDetails[0]?.title, 'INLINE_CONTEXT', type)
      const rest = await node.call('POST', '/api/v1/credentials/verify', { body: { credential: secured } })
      assert.equal(rest.status, 400, type)
      for (const own of [{ '@import': 'https://a.example/' }, { VerifiableCredential: 'urn:x' }]) {
        await refusesToIssue(node, { ...document, '@context': [v2, own] }, { type })
      }
    }
    const verifiableCredential = await issue(node, document, { type: 'vc+sd-jwt' })
    const options = { selectivePointers: ['/credentialSubject/grade'] }
    const derived = await callVcApi(node, 'POST', '/credentials/derive', { verifiableCredential, options })
    const { body } = await verifies(node, derived.body.verifiableCredential)
    assert.equal(body.problemDetails[0]?.title, 'INLINE_CONTEXT')
  })

  it('must define every type and term, whatever secures the document', async () => {
    for (const cryptosuite of ['eddsa-rdfc-2022', 'eddsa-jcs-2022']) {
      await refusesToIssue(node, credential({ issuer, type: ['VerifiableCredential', 'Unknown'] }), {
        cryptosuite,
      })
      await refusesToIssue(node, credential({ issuer, statusEntry: { type: 'BitstringStatusListEntry' } }), {
        cryptosuite,
      })
      const bad = { Example: 'not a URL' }
      const typed = { issuer, '@context': [v2, bad], type: ['VerifiableCredential', 'Example'] }
      await refusesToIssue(node, credential(typed), { cryptosuite })
      await refusesToIssue(node, credential({ issuer, '@context': [v2, { VerifiableCredential: 'urn:x' }] }))
      await refusesToIssue(
        node,
        credential({ issuer, '@context': [v2, { '@import': 'https://a.example/' }] }),
      )
      await refusesToIssue(node, credential({ issuer, '@context': [v2, 'https ://not-a-url/v1'] }))
      await refusesToIssue(node, credential({ issuer, '@context': [v2, 123192875] }))
    }
  })

  it('are registered by their issuer for its credentials alone, for ever', async () => {
    const url = 'https://issuer.example/terms/v1'
    const register = (issuerDid: string, iri: string) =>
      node.call('POST', '/api/v1/contexts', {
        body: { issuerDid, url, document: { '@context': { grade: iri } } },
      })
    const document = credential({ issuer, '@context': [v2, url], credentialSubject: { grade: 'A' } })
    await refusesToIssue(node, document)
    const { status, body } = await register(issuer, 'https://issuer.example/terms#grade')
    assert.equal(status, 201, JSON.stringify(body))
    assert.match(body.digestSRI, /^sha256-/)
    assert.equal((await register(issuer, 'https://issuer.example/terms#grade')).status, 201)
    const other = await register(issuer, 'https://issuer.example/terms#other')
    assert.equal(other.body.code, 'CONTEXT_ALREADY_EXISTS')
    const secured = await issue(node, document)
    await verifies(node, secured)
    const published = (await (await fetch(body.published)).json()) as JsonObject
    assert.deepEqual(published['@context'], { grade: 'https://issuer.example/terms#grade' })
    const stranger = await makeDid(node, 'key', ['Ed25519'])
    await refusesToIssue(node, { ...document, issuer: stranger })
    for (const bad of ['https://www.w3.org/ns/credentials/v2', 'urn:x', `${node.node.publicUrl}/x`])
      assert.equal(
        (
          await node.call('POST', '/api/v1/contexts', {
            body: { issuerDid: issuer, url: bad, document: { '@context': {} } },
          })
        ).status,
        400,
      )
  })
})

import assert from 'node:assert/strict'
import { startNode, type TestNode } from '../../../node.ts'
import { expect, issueDegree, makeIssuer, makeSchema } from './scenario.ts'

const challenge = '8ab5c2d1-nonce'
const domain = 'https://verifier.example'

/** Which credentials each kind of presentation can hold here. */
const variants = [
  { proofType: 'JwtProof2020', credentials: ['JwtProof2020', 'Ed25519Signature2020'] },
  { proofType: 'vc+jwt', credentials: ['vc+jwt', 'vc+cose', 'vc+sd-jwt', 'eddsa-rdfc-2022'] },
  { proofType: 'vc+sd-jwt', credentials: ['vc+sd-jwt', 'vc+jwt'] },
  { proofType: 'vc+cose', credentials: ['vc+cose', 'vc+jwt'] },
  { proofType: 'dc+sd-jwt', credentials: ['dc+sd-jwt'] },
  { proofType: 'dc+sd-jwt', credentials: ['vc+sd-jwt'] },
]

describe('presentations as tokens over HTTP', () => {
  let node: TestNode
  let issuerDid: string
  let schemaId: string
  let holderDid: string
  let other: string

  before(async () => {
    node = await startNode()
    issuerDid = await makeIssuer(node, ['Ed25519', 'P-256'])
    schemaId = await makeSchema(node, issuerDid)
    const makeHolder = async () =>
      expect(201, await node.call('POST', '/api/v1/dids', { body: { method: 'key' } })).body.did
    holderDid = await makeHolder()
    other = await makeHolder()
  })
  after(() => node.close())

  const issue = async (proofType: string) =>
    (await issueDegree(node, { issuerDid, schemaId, proofType, holderDid })).credential
  const present = (body: Record<string, unknown>) =>
    node.call('POST', '/api/v1/presentations', { body: { holderDid, challenge, domain, ...body } })
  const verify = async (presentation: unknown, asked: Record<string, unknown> = { challenge, domain }) =>
    expect(
      200,
      await node.call('POST', '/api/v1/presentations/verify', {
        body: { presentation, ...asked },
        key: null,
      }),
    ).body

  for (const { proofType, credentials } of variants) {
    describe(`${proofType} of ${credentials.join(', ')}`, () => {
      let presentation: string

      before(async () => {
        const issued = await Promise.all(credentials.map(issue))
        presentation = expect(201, await present({ proofType, credentials: issued })).body.presentation
      })

      it('verifies with what was asked for', async () => {
        const outcome = await verify(presentation)
        assert.equal(outcome.verified, true, JSON.stringify(outcome, undefined, 1))
        assert.equal(outcome.holder, holderDid)
        assert.equal(outcome.credentials.length, credentials.length)
      })

      it('verifies for no other question', async () => {
        assert.equal((await verify(presentation, { challenge: 'other', domain })).checks.proof.status, 'fail')
        const elsewhere = { challenge, domain: 'https://other.example' }
        assert.equal((await verify(presentation, elsewhere)).checks.proof.status, 'fail')
      })

      it('is no credential', async () => {
        const answer = await node.call('POST', '/api/v1/credentials/verify', {
          body: { credential: presentation },
          key: null,
        })
        // an SD-JWT with a proof of possession is a credential with something more
        if (proofType === 'dc+sd-jwt') assert.equal(expect(200, answer).body.verified, true)
        else assert.equal(expect(400, answer).body.code, 'MALFORMED_REQUEST')
      })
    })
  }

  it('opens a presentation in an envelope', async () => {
    const presented = await present({ proofType: 'vc+jwt', credentials: [await issue('vc+jwt')] })
    const { presentation } = expect(201, presented).body
    const outcome = await verify({
      '@context': 'https://www.w3.org/ns/credentials/v2',
      type: 'EnvelopedVerifiablePresentation',
      id: `data:application/vp+jwt,${presentation}`,
    })
    assert.equal(outcome.verified, true, JSON.stringify(outcome))
  })

  it('takes no credential for a presentation', async () => {
    for (const proofType of ['vc+jwt', 'vc+sd-jwt', 'dc+sd-jwt', 'vc+cose', 'JwtProof2020']) {
      const body = { presentation: await issue(proofType), challenge, domain }
      const answer = await node.call('POST', '/api/v1/presentations/verify', { body, key: null })
      assert.equal(expect(400, answer).body.code, 'MALFORMED_REQUEST', proofType)
    }
  })

  it('binds no SD-JWT to the key of somebody else', async () => {
    const credentials = [await issue('dc+sd-jwt')]
    const answer = await present({ proofType: 'dc+sd-jwt', holderDid: other, credentials })
    assert.equal(expect(400, answer).body.errors[0].pointer, '/credentials/0')
  })

  it('asks for a nonce and an audience where a proof of possession needs them', async () => {
    const credentials = [await issue('dc+sd-jwt')]
    const answer = await present({ proofType: 'dc+sd-jwt', credentials, domain: undefined })
    assert.equal(expect(400, answer).body.errors[0].pointer, '/domain')
  })
})

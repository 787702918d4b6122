import assert from 'node:assert/strict'
import { startNode, type TestNode } from '../../../node.ts'
import { bachelor, expect, issueDegree, makeIssuer, makeSchema } from './scenario.ts'

describe('BBS over HTTP', () => {
  let node: TestNode
  let issuerDid: string
  let schemaId: string

  before(async () => {
    node = await startNode()
    issuerDid = await makeIssuer(node, ['Bls12381G2', 'Ed25519'])
    schemaId = await makeSchema(node, issuerDid)
  })
  after(() => node.close())

  const verify = async (credential: unknown) =>
    expect(200, await node.call('POST', '/api/v1/credentials/verify', { body: { credential }, key: null }))
      .body
  const derive = async (credential: unknown, selectivePointers: readonly string[]) => {
    const body = { credential, selectivePointers }
    return expect(200, await node.call('POST', '/api/v1/credentials/derive', { body })).body.credential
  }

  for (const [proofType, dataModel, verifiesWhole] of [
    ['bbs-2023', '2.0', false],
    ['bbs-2023', '1.1', false],
    ['BbsBlsSignature2020', '1.1', true],
  ] as const) {
    it(`issues, derives, verifies and revokes ${proofType}, data model ${dataModel}`, async () => {
      const order = { issuerDid, schemaId, proofType, dataModel, revocable: true }
      const { credential, credentialId } = await issueDegree(node, order)
      const whole = await verify(credential)
      assert.equal(whole.verified, verifiesWhole, JSON.stringify(whole))
      const derived = await derive(credential, ['/credentialSubject/degree/name'])
      const outcome = await verify(derived)
      assert.equal(outcome.verified, true, JSON.stringify(outcome))
      const text = JSON.stringify(derived.credentialSubject)
      assert.ok(text.includes(bachelor.degree.name))
      for (const hidden of ['gpa', 'graduationYear', String(bachelor.degree.gpa)])
        assert.ok(!text.includes(hidden))
      const body = { credential, selectivePointers: ['/issuer'] }
      const bare = await node.call('POST', '/api/v1/credentials/derive', { body })
      // the older proof always shows whom the credential is about
      if (proofType === 'bbs-2023') assert.equal(expect(422, bare).body.code, 'DERIVATION_FAILED')
      else assert.ok(expect(200, bare).body.credential.credentialSubject)
      expect(200, await node.call('POST', '/api/v1/credentials/revoke', { body: { credentialId } }))
      const revoked = await verify(derived)
      assert.equal(revoked.verified, false)
      assert.equal(revoked.checks.revocation.revoked, true)
    })
  }
})

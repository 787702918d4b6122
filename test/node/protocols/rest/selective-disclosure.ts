import assert from 'node:assert/strict'
import type { JsonObject } from '../../../../node/json.ts'
import { startNode, type TestNode } from '../../../node.ts'
import {
  bachelor,
  expect,
  expectProblem,
  holderDid,
  issueDegree,
  makeIssuer,
  makeSchema,
} from './scenario.ts'

describe('selective disclosure with ecdsa-sd-2023', () => {
  let node: TestNode
  let issuerDid: string
  let schemaId: string

  before(async () => {
    node = await startNode()
    issuerDid = await makeIssuer(node, ['P-256'])
    schemaId = await makeSchema(node, issuerDid)
  })
  after(() => node.close())

  const issueBase = (terms: JsonObject = {}) =>
    issueDegree(node, { issuerDid, schemaId, proofType: 'ecdsa-sd-2023', ...terms })
  const derive = (credential: JsonObject, ...selectivePointers: string[]) =>
    node.call('POST', '/api/v1/credentials/derive', { body: { credential, selectivePointers } })
  const derived = async (credential: JsonObject, ...pointers: string[]) =>
    expect(200, await derive(credential, ...pointers)).body.credential
  const verify = async (credential: unknown) =>
    expect(200, await node.call('POST', '/api/v1/credentials/verify', { body: { credential }, key: null }))
      .body

  for (const dataModel of ['1.1', '2.0']) {
    it(`issues, derives and verifies, data model ${dataModel}; a base proof does not verify`, async () => {
      const { credential } = await issueBase({ dataModel })
      const base = await verify(credential)
      assert.equal(base.verified, false)
      assert.match(base.checks.proof.reason, /base proof, for the holder alone/)
      const shown = await derived(credential, '/credentialSubject/degree/gpa')
      assert.deepEqual(shown.credentialSubject, {
        id: holderDid,
        degree: { type: 'BachelorDegree', gpa: bachelor.degree.gpa },
      })
      const { verified, checks } = await verify(shown)
      assert.ok(verified, JSON.stringify(checks))
      const better = {
        ...shown,
        credentialSubject: { id: holderDid, degree: { type: 'BachelorDegree', gpa: 4 } },
      }
      assert.equal((await verify(better)).checks.proof.status, 'fail')
    })
  }

  it('a revoked credential is revoked in everything that is derived from it', async () => {
    const { credential, credentialId } = await issueBase({ revocable: true })
    const shown = await derived(credential, '/credentialSubject/degree/gpa')
    assert.equal((await verify(shown)).verified, true)
    expect(200, await node.call('POST', '/api/v1/credentials/revoke', { body: { credentialId } }))
    const { verified, checks } = await verify(shown)
    assert.deepEqual([verified, checks.revocation.revoked], [false, true])
    const { credentialStatus, ...without } = shown
    assert.ok(credentialStatus)
    assert.equal((await verify(without)).checks.proof.status, 'fail')
  })

  it('an issuer chooses what is always shown', async () => {
    const { credential } = await issueBase({ mandatoryPointers: ['/credentialSubject/degree/name'] })
    const shown = await derived(credential, '/credentialSubject/degree/gpa')
    assert.equal(shown.credentialSubject.degree.name, bachelor.degree.name)
    assert.equal((await verify(shown)).verified, true)
  })

  it('refuses pointers that lead nowhere, and keys of another type', async () => {
    const { credential } = await issueBase()
    for (const pointer of ['/credentialSubject/none', '/constructor', '/proof']) {
      expectProblem(422, 'DERIVATION_FAILED', await derive(credential, pointer))
    }
    const body = { issuerDid, schemaId, holderDid, claims: bachelor, proofType: 'ecdsa-sd-2023' }
    const issue = (extra: JsonObject) =>
      node.call('POST', '/api/v1/credentials/issue', { body: { ...body, ...extra } })
    const lost = await issue({ mandatoryPointers: ['/credentialSubject/none'] })
    expectProblem(400, 'MALFORMED_REQUEST', lost)
    const other = await makeIssuer(node, ['P-384'])
    expectProblem(422, 'ASSERTION_KEY_MISSING', await issue({ issuerDid: other }))
  })

  it('gives no delegation whose limits the agent could hide', async () => {
    const claims = { delegator: holderDid, scope: ['read'] }
    const terms = {
      issuerDid,
      schemaId: 'agent-delegation-v1',
      holderDid,
      claims,
      proofType: 'ecdsa-sd-2023',
    }
    const answer = await node.call('POST', '/api/v1/credentials/issue', { body: terms })
    expectProblem(422, 'DELEGATION_INVALID', answer)
  })
})

import assert from 'node:assert/strict'
import { startNode, type TestNode } from '../../../node.ts'
import { at, expect, expectProblem, issueDegree, makeIssuer, makeSchema } from './scenario.ts'

describe('status of credentials', () => {
  let node: TestNode
  let issuerDid: string
  let schemaId: string

  before(async () => {
    node = await startNode()
    issuerDid = await makeIssuer(node)
    schemaId = await makeSchema(node, issuerDid)
  })
  after(() => node.close())

  const issue = (extra: Record<string, unknown> = {}) => issueDegree(node, { issuerDid, schemaId, ...extra })
  const change = (action: string, body: Record<string, unknown>, key?: string) =>
    node.call('POST', `/api/v1/credentials/${action}`, { body, ...(key && { key }) })
  const statusOf = async (id: string) =>
    expect(200, await node.call('GET', at('credentials', id, 'status'), { key: null })).body

  it('is valid after issuance, for everybody to read', async () => {
    const { credentialId, statusListId, statusListIndex } = await issue()
    const { checkedAt, ...status } = await statusOf(credentialId)
    assert.deepEqual(status, {
      credentialId,
      status: 'valid',
      revoked: false,
      suspended: false,
      final: true,
      statusListId,
      statusListIndex,
    })
    assert.ok(Math.abs(Date.parse(checkedAt) - Date.now()) < 60_000)
  })

  it('is revoked after a revocation, which fails verification for that reason alone', async () => {
    const { credentialId, credential } = await issue()
    const { body } = expect(200, await change('revoke', { credentialId, reason: 'Degree rescinded' }))
    assert.deepEqual([body.credentialId, body.status], [credentialId, 'revoked'])
    assert.match(body.transactionHash, /^0x[0-9a-f]{64}$/)
    assert.equal((await statusOf(credentialId)).revoked, true)
    const verified = expect(
      200,
      await node.call('POST', '/api/v1/credentials/verify', { body: { credential } }),
    )
    assert.equal(verified.body.verified, false)
    const { revocation, ...others } = verified.body.checks
    assert.equal(revocation.status, 'fail')
    assert.deepEqual(
      [...new Set(Object.values(others).map((check) => (check as { status: string }).status))],
      ['pass'],
    )
  })

  it('is told for each credential where each counts for itself', async () => {
    const { credentialId } = await issue()
    const credentialIds = [credentialId, 'urn:uuid:none']
    expectProblem(404, 'CREDENTIAL_NOT_FOUND', await change('revoke', { credentialIds }))
    const { body } = expect(200, await change('revoke', { credentialIds, partial: true }))
    assert.deepEqual(body.credentialIds, [credentialId])
    assert.deepEqual(
      body.refused.map(({ credentialId: id, code }: { credentialId: string; code: string }) => [id, code]),
      [['urn:uuid:none', 'CREDENTIAL_NOT_FOUND']],
    )
  })

  it('cannot be revoked twice', async () => {
    const { credentialId } = await issue()
    expect(200, await change('revoke', { credentialId }))
    expectProblem(409, 'ALREADY_REVOKED', await change('revoke', { credentialId }))
  })

  it('changes for many in one transaction, or for none', async () => {
    const credentialIds = (await Promise.all([issue(), issue(), issue()])).map(
      ({ credentialId }) => credentialId,
    )
    const unknown = 'urn:uuid:00000000-0000-4000-8000-000000000000'
    const refused = await change('revoke', { credentialIds: [...credentialIds, unknown] })
    expectProblem(404, 'CREDENTIAL_NOT_FOUND', refused)
    assert.equal((await statusOf(credentialIds[0])).revoked, false)
    const { body } = expect(200, await change('revoke', { credentialIds }))
    assert.equal(body.transactionHashes.length, 1)
    for (const id of credentialIds) assert.equal((await statusOf(id)).revoked, true)
  })

  it('can be suspended and reinstated where the credential says so', async () => {
    const { credentialId } = await issue({ suspendable: true })
    expectProblem(409, 'NOT_SUSPENDED', await change('reinstate', { credentialId }))
    expect(200, await change('suspend', { credentialId }))
    assert.equal((await statusOf(credentialId)).status, 'suspended')
    expectProblem(409, 'ALREADY_SUSPENDED', await change('suspend', { credentialId }))
    expect(200, await change('reinstate', { credentialId }))
    assert.equal((await statusOf(credentialId)).status, 'valid')
    const plain = await issue()
    expectProblem(
      409,
      'CREDENTIAL_NOT_REVOCABLE',
      await change('suspend', { credentialId: plain.credentialId }),
    )
  })

  it('has no list for a credential that is not revocable', async () => {
    const { credentialId } = await issue({ revocable: false })
    assert.equal((await statusOf(credentialId)).statusListId, null)
    expectProblem(409, 'CREDENTIAL_NOT_REVOCABLE', await change('revoke', { credentialId }))
  })

  it('changes only by the issuer of the credential', async () => {
    const other = await makeIssuer(node)
    const made = await node.call('POST', '/api/v1/api-keys', {
      body: { name: 'other', scopes: ['credentials:revoke'], issuerDids: [other] },
    })
    const { credentialId } = await issue()
    const answer = await change('revoke', { credentialId }, expect(201, made).body.key)
    expectProblem(403, 'NOT_ISSUER_OF_CREDENTIAL', answer)
  })

  it('wants one id or many', async () => {
    for (const body of [{}, { credentialId: 'a', credentialIds: ['a'] }, { credentialIds: [] }]) {
      expectProblem(400, 'MALFORMED_REQUEST', await change('revoke', body))
    }
    expectProblem(404, 'CREDENTIAL_NOT_FOUND', await change('revoke', { credentialId: 'urn:uuid:none' }))
    expectProblem(
      404,
      'CREDENTIAL_NOT_FOUND',
      await node.call('GET', at('credentials', 'urn:uuid:none', 'status')),
    )
  })
})

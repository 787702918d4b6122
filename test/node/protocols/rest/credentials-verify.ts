import assert from 'node:assert/strict'
import { startChain, type TestChain } from '../../../chain.ts'
import { type ChainProxy, startChainProxy } from '../../../chain-proxy.ts'
import { startNode, type TestNode } from '../../../node.ts'
import { at, expect, expectProblem, holderDid, issueDegree, makeIssuer, makeSchema } from './scenario.ts'

interface Check {
  status: string
  reason?: string
}

const statuses = (checks: Record<string, Check>) =>
  Object.fromEntries(Object.entries(checks).map(([name, { status }]) => [name, status]))
const allPass = { proof: 'pass', issuer: 'pass', schema: 'pass', expiration: 'pass', revocation: 'pass' }

describe('POST /credentials/verify', () => {
  let chain: TestChain
  let proxy: ChainProxy
  let node: TestNode
  let issuerDid: string
  let schemaId: string

  before(async () => {
    chain = await startChain()
    proxy = await startChainProxy(chain.rpcUrl)
    node = await startNode({ chain: { ...chain, rpcUrl: proxy.url } })
    issuerDid = await makeIssuer(node, ['Ed25519', 'P-256'])
    schemaId = await makeSchema(node, issuerDid)
  })
  afterEach(() => proxy.behave(() => 'pass'))
  after(async () => {
    await node?.close()
    await proxy?.close()
    await chain?.close()
  })

  const post = (body: unknown, key: string | null = null) =>
    node.call('POST', '/api/v1/credentials/verify', { body, key })
  const verify = async (credential: unknown, parents?: readonly unknown[]) =>
    expect(200, await post({ credential, ...(parents && { chain: parents }) })).body

  it('passes what the node issued, for anybody, without a key', async () => {
    for (const proofType of ['Ed25519Signature2020', 'eddsa-rdfc-2022', 'eddsa-jcs-2022', 'JwtProof2020']) {
      const { credential, credentialId, statusListId, statusListIndex } = await issueDegree(node, {
        issuerDid,
        schemaId,
        proofType,
        expirationDate: '2040-01-01T00:00:00Z',
      })
      const { checks, ...outcome } = await verify(credential)
      assert.deepEqual(outcome, { verified: true, credentialId })
      assert.deepEqual(statuses(checks), allPass)
      assert.equal(checks.proof.type, proofType)
      assert.ok(checks.proof.verificationMethod.startsWith(`${issuerDid}#`))
      assert.deepEqual(checks.issuer, { status: 'pass', did: issuerDid, active: true })
      assert.equal(checks.schema.schemaId, schemaId)
      assert.equal(checks.expiration.expirationDate, '2040-01-01T00:00:00Z')
      const { revoked, statusListId: list, statusListIndex: index } = checks.revocation
      assert.deepEqual(
        { revoked, list, index },
        { revoked: false, list: statusListId, index: statusListIndex },
      )
    }
  })

  it('fails a changed claim, with the reason', async () => {
    const { credential } = await issueDegree(node, { issuerDid, schemaId })
    credential.credentialSubject.degree.name = 'Doctor of Everything'
    const { verified, checks } = await verify(credential)
    assert.equal(verified, false)
    assert.deepEqual(statuses(checks), { ...allPass, proof: 'fail' })
    assert.ok(checks.proof.reason)
  })

  it('fails revoked and suspended credentials for that reason alone, at once', async () => {
    for (const [action, reason] of [
      ['revoke', 'The credential has been revoked.'],
      ['suspend', 'The credential has been suspended.'],
    ] as const) {
      const { credential, credentialId } = await issueDegree(node, { issuerDid, schemaId, suspendable: true })
      assert.equal((await verify(credential)).verified, true)
      expect(200, await node.call('POST', `/api/v1/credentials/${action}`, { body: { credentialId } }))
      const { verified, checks } = await verify(credential)
      assert.equal(verified, false)
      assert.deepEqual(statuses(checks), { ...allPass, revocation: 'fail' })
      assert.equal(checks.revocation.reason, reason)
    }
  })

  it('fails the credentials of a deactivated issuer, at once', async () => {
    const gone = await makeIssuer(node)
    const { credential } = await issueDegree(node, { issuerDid: gone, schemaId })
    assert.equal((await verify(credential)).verified, true)
    expect(200, await node.call('DELETE', at('dids', gone)))
    const { verified, checks } = await verify(credential)
    assert.equal(verified, false)
    assert.deepEqual([checks.issuer.status, checks.issuer.active], ['fail', false])
  })

  it('follows a chain of delegations and names whom the agent acts for', async () => {
    const [alice, bob] = [await makeIssuer(node), await makeIssuer(node)]
    const delegate = async (issuer: string, to: string, claims: Record<string, unknown>) => {
      const body = {
        issuerDid: issuer,
        schemaId: 'agent-delegation-v1',
        holderDid: to,
        claims: { delegator: issuer, delegate: to, scope: ['buy'], ...claims },
        expirationDate: '2040-01-01T00:00:00Z',
      }
      return expect(201, await node.call('POST', '/api/v1/credentials/issue', { body })).body
    }
    const parent = await delegate(alice, bob, { scope: ['buy', 'compare'], maxDepth: 1 })
    const child = await delegate(bob, holderDid, { parentCredentialId: parent.credentialId, maxDepth: 0 })

    const whole = await verify(child.credential, [parent.credential])
    assert.equal(whole.verified, true, JSON.stringify(whole.checks))
    assert.deepEqual(whole.checks.delegation, {
      status: 'pass',
      onBehalfOf: alice,
      chain: [parent.credentialId],
    })
    const alone = await verify(child.credential)
    assert.deepEqual([alone.verified, alone.checks.delegation.status], [false, 'unknown'])

    const { credentialId } = parent
    expect(200, await node.call('POST', '/api/v1/credentials/revoke', { body: { credentialId } }))
    const after = await verify(child.credential, [parent.credential])
    assert.equal(after.verified, false)
    assert.deepEqual(statuses(after.checks), { ...allPass, delegation: 'fail' })
    assert.match(after.checks.delegation.reason, /revoked/)
  })

  it('passes nothing that the ledger must say while the chain does not answer', async () => {
    const { credential } = await issueDegree(node, { issuerDid, schemaId })
    proxy.behave(() => 'lose request')
    const { verified, checks } = await verify(credential)
    assert.equal(verified, false)
    assert.equal(checks.revocation.status, 'unknown')
    assert.ok(!Object.values(statuses(checks)).includes('fail'), JSON.stringify(checks))
    proxy.behave(() => 'pass')
    assert.equal((await verify(credential)).verified, true)
  })

  it('refuses malformed bodies and credentials, and says where', async () => {
    const { credential } = await issueDegree(node, { issuerDid, schemaId })
    const { proof: _, ...unsecured } = credential
    for (const body of [
      {},
      { credential: null },
      { credential: 5 },
      { credential: [] },
      { credential: 'not.a.token' },
      { credential: unsecured },
      { credential: { ...credential, issuer: 5 } },
      { credential: { ...credential, proof: [credential.proof, credential.proof] } },
      { credential, chain: 'none' },
      { credential, chain: [{}] },
      { credential, chain: Array.from({ length: 17 }, () => credential) },
      { credential, unheard: true },
    ]) {
      const { body: problem } = expectProblem(400, 'MALFORMED_REQUEST', await post(body))
      assert.ok(problem.errors.length > 0, JSON.stringify(body).slice(0, 80))
    }
    const type = { 'content-type': 'text/plain' }
    const url = '/api/v1/credentials/verify'
    expectProblem(
      415,
      'UNSUPPORTED_MEDIA_TYPE',
      await node.call('POST', url, { body: { credential }, headers: type }),
    )
  })

  it('takes a credential that names hostile members for what it is', async () => {
    const { credential } = await issueDegree(node, { issuerDid, schemaId })
    const text = JSON.stringify({ credential }).replace(
      '"credentialSubject":{',
      '"credentialSubject":{"__proto__":{"x":1},',
    )
    const answer = await post(text)
    assert.ok(answer.status === 400 || answer.body.verified === false, JSON.stringify(answer.body))
  })
})

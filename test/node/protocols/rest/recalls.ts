import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { startChain, type TestChain } from '../../../chain.ts'
import { type ChainProxy, startChainProxy } from '../../../chain-proxy.ts'
import { startNode, type TestNode } from '../../../node.ts'
import {
  at,
  bachelor,
  expect,
  expectProblem,
  holderDid,
  issueDegree,
  makeIssuer,
  makeSchema,
} from './scenario.ts'

interface Recalled {
  credentialId: string
  outcome: string
  newCredentialId: string | null
  problem: string | null
}

describe('recalls over HTTP', () => {
  let chain: TestChain
  let proxy: ChainProxy
  let node: TestNode
  let issuerDid: string
  let schemaId: string
  let verificationMethod: string

  before(async () => {
    chain = await startChain()
    proxy = await startChainProxy(chain.rpcUrl)
    node = await startNode({ chain: { ...chain, rpcUrl: proxy.url } })
  })
  after(async () => {
    await node?.close()
    await proxy?.close()
    await chain?.close()
  })
  beforeEach(async () => {
    proxy.behave(() => 'pass')
    issuerDid = await makeIssuer(node)
    schemaId = await makeSchema(node, issuerDid)
    const { credentialId } = await issueDegree(node, { issuerDid, schemaId })
    verificationMethod = (await get('credentials', credentialId)).verificationMethod
    assert.match(verificationMethod, /^did:ethr:.*#/)
  })

  const get = async (...parts: string[]) => expect(200, await node.call('GET', at(...parts))).body
  const compromise = () =>
    node.call('POST', at('dids', issuerDid, 'keys', 'rotate'), { body: { reason: 'compromise' } })
  const order = (body: Record<string, unknown>) =>
    node.call('POST', at('recalls'), { body: { verificationMethod, action: 'revoke', ...body } })

  /** Waits for the end of a recall. */
  const ended = async (recallId: string) => {
    for (;;) {
      const recall = await get('recalls', recallId)
      if (recall.state !== 'running') return recall
      await delay(20)
    }
  }
  const outcomes = async (recallId: string): Promise<Map<string, Recalled>> => {
    const { items } = await get('recalls', recallId, 'credentials')
    return new Map(items.map((item: Recalled) => [item.credentialId, item]))
  }
  const isRevoked = async (credentialId: string) => (await get('credentials', credentialId, 'status')).revoked

  it('revoke what a key signed since a time, and nothing else', async () => {
    const old = (await issueDegree(node, { issuerDid, schemaId })).credentialId
    await delay(2)
    const since = new Date().toISOString()
    const recent = (await issueDegree(node, { issuerDid, schemaId })).credentialId
    const forEver = (await issueDegree(node, { issuerDid, schemaId, revocable: false })).credentialId
    const other = await makeIssuer(node)
    const others = (await issueDegree(node, { issuerDid: other, schemaId: await makeSchema(node, other) }))
      .credentialId
    expect(200, await compromise())
    const after = (await issueDegree(node, { issuerDid, schemaId })).credentialId

    const ordered = expect(202, await order({ since, reason: 'stolen' })).body
    assert.equal(ordered.total, 2)
    const recall = await ended(ordered.recallId)
    assert.deepEqual([recall.state, recall.done, recall.failed], ['done', 1, 1])
    const found = await outcomes(ordered.recallId)
    assert.deepEqual([...found.keys()].sort(), [recent, forEver].sort())
    assert.equal(found.get(recent)?.outcome, 'revoked')
    assert.equal(found.get(forEver)?.problem, 'CREDENTIAL_NOT_REVOCABLE')
    assert.equal(await isRevoked(recent), true)
    for (const id of [old, others, after]) assert.equal(await isRevoked(id), false)
  })

  it('issue anew with the present key, whatever the format', async () => {
    const since = new Date().toISOString()
    const issued: Record<string, string> = {}
    for (const proofType of ['eddsa-jcs-2022', 'vc+sd-jwt', 'vc+jwt'])
      issued[proofType] = (
        await issueDegree(node, { issuerDid, schemaId, proofType, suspendable: true })
      ).credentialId
    const erased = (await issueDegree(node, { issuerDid, schemaId })).credentialId
    expectProblem(409, 'KEY_STILL_ACTIVE', await order({ since, action: 'reissue' }))
    expect(200, await compromise())
    expect(202, await node.call('DELETE', `/vc-api/credentials/${encodeURIComponent(erased)}`))

    const { recallId } = expect(202, await order({ since, action: 'reissue' })).body
    const recall = await ended(recallId)
    assert.deepEqual([recall.state, recall.total, recall.done, recall.failed], ['done', 4, 3, 1])
    const found = await outcomes(recallId)
    assert.equal(found.get(erased)?.problem, 'CREDENTIAL_DELETED')
    for (const [proofType, credentialId] of Object.entries(issued)) {
      const { newCredentialId = '' } = found.get(credentialId) ?? {}
      const anew = await get('credentials', newCredentialId ?? '')
      assert.equal(anew.proofType, proofType)
      assert.equal(anew.holderDid, holderDid)
      assert.notEqual(anew.verificationMethod, verificationMethod)
      assert.equal(await isRevoked(credentialId), true)
      const { body } = await node.call('POST', at('credentials', 'verify'), {
        body: { credential: anew.credential },
      })
      assert.equal(body.verified, true, JSON.stringify(body))
      assert.equal(await isRevoked(newCredentialId ?? ''), false)
      if (typeof anew.credential === 'object') {
        const { id: _, ...claims } = anew.credential.credentialSubject
        assert.deepEqual(claims, bachelor)
      }
    }
    const listed = await get(`credentials`)
    assert.ok(listed.items.length >= 8)
    const bySigner = `/api/v1/credentials?verificationMethod=${encodeURIComponent(verificationMethod)}`
    assert.equal(expect(200, await node.call('GET', bySigner)).body.items.length, 5)
  })

  it('go on where the chain failed, and issue nothing twice', async () => {
    const since = new Date().toISOString()
    const credentials = Array.from({ length: 20 }, () => ({ holderDid, claims: bachelor }))
    const batch = { issuerDid, schemaId, revocable: true, credentials }
    expect(200, await node.call('POST', at('credentials', 'issue', 'batch'), { body: batch }))
    expect(200, await compromise())
    let lost = 0
    proxy.behave((requests) => {
      const writes = requests.some(({ method }) => method === 'eth_estimateGas')
      if (!writes || lost >= 4) return 'pass'
      lost += 1
      return 'lose request'
    })
    const { recallId } = expect(202, await order({ since, action: 'reissue' })).body
    const recall = await ended(recallId)
    assert.deepEqual([recall.state, recall.done, recall.failed], ['done', 20, 0])
    assert.equal(lost, 4)
    const found = [...(await outcomes(recallId)).values()]
    assert.equal(new Set(found.map(({ newCredentialId }) => newCredentialId)).size, 20)
    const { items } = expect(200, await node.call('GET', '/api/v1/credentials?limit=200')).body
    const own = items.filter((item: { issuerDid: string }) => item.issuerDid === issuerDid)
    assert.equal(own.length, 41)
  })

  it('refuse what names no key, no issuer of the caller or no recall', async () => {
    const since = new Date().toISOString()
    expectProblem(400, 'MALFORMED_REQUEST', await order({ since, verificationMethod: issuerDid }))
    expectProblem(400, 'MALFORMED_REQUEST', await order({ since: 'yesterday' }))
    const nobody = { since, verificationMethod: `did:ethr:0x7a69:0x${'11'.repeat(20)}#controller` }
    expectProblem(404, 'DID_NOT_FOUND', await order(nobody))
    expectProblem(404, 'RECALL_NOT_FOUND', await node.call('GET', at('recalls', 'none')))
    const bound = { name: 'b', scopes: ['credentials:read', 'credentials:revoke'], issuerDids: [issuerDid] }
    const { key } = expect(201, await node.call('POST', at('api-keys'), { body: bound })).body
    const body = { verificationMethod, since, action: 'reissue' }
    expectProblem(403, 'FORBIDDEN', await node.call('POST', at('recalls'), { body, key }))
    assert.deepEqual(expect(200, await node.call('GET', at('recalls'), { key })).body.items, [])
  })
})

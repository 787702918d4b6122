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
  /** What a document says, be it secured as a token. */
  const read = (credential: string | Record<string, unknown>) =>
    typeof credential === 'string'
      ? JSON.parse(Buffer.from(credential.split('.')[1] as string, 'base64url').toString())
      : credential
  /** In which encodings a credential carries its status, and for which purposes. */
  const statusOf = (credential: string | Record<string, unknown>) => {
    const { credentialStatus = [], status = {} } = read(credential)
    const entries = [credentialStatus].flat() as { type: string; statusPurpose: string }[]
    return [...entries.map(({ type, statusPurpose }) => [type, statusPurpose]), Object.keys(status)]
  }
  /** What is in every credential that a holder derives, besides the choice that some suites insist on. */
  const leastShown = async (credential: string | Record<string, unknown>) => {
    const isToken = typeof credential === 'string'
    const selectivePointers = isToken ? [] : ['/credentialSubject/degree/university']
    const answer = await node.call('POST', at('credentials', 'derive'), {
      body: { credential, selectivePointers },
    })
    // those that cannot be derived from show everything
    const derived = read(answer.status === 200 ? answer.body.credential : credential)
    const { _sd, ...shown } = (derived.credentialSubject ?? derived).degree ?? {}
    return { isConcealing: _sd !== undefined, ...shown }
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

  it('issue anew with the same encodings of the status, and the same that holders cannot conceal', async () => {
    const keys = ['Ed25519', 'P-256', 'Bls12381G2']
    const did = await makeIssuer(node, keys)
    const terms = { issuerDid: did, schemaId: await makeSchema(node, did) }
    const pointers = ['/credentialSubject/degree/name']
    const asked = [
      { proofType: 'eddsa-jcs-2022', statusEncoding: 'StatusListRegistryEntry' },
      { proofType: 'eddsa-jcs-2022', dataModel: '1.1', statusEncoding: 'StatusList2021Entry' },
      { proofType: 'eddsa-jcs-2022', dataModel: '2.0' },
      { proofType: 'eddsa-jcs-2022', revocable: false },
      { proofType: 'vc+jwt', statusEncoding: ['BitstringStatusListEntry', 'TokenStatusList'] },
      { proofType: 'vc+jwt', statusEncoding: ['TokenStatusList'] },
      { proofType: 'vc+sd-jwt', mandatoryPointers: pointers, suspendable: true },
      { proofType: 'vc+sd-jwt' },
      { proofType: 'vc+sd-jwt', mandatoryPointers: ['/credentialSubject'] },
      { proofType: 'dc+sd-jwt', mandatoryPointers: ['/degree/name', '/degree/gpa'] },
      { proofType: 'dc+sd-jwt' },
      { proofType: 'ecdsa-sd-2023', mandatoryPointers: pointers, statusEncoding: 'StatusListRegistryEntry' },
      { proofType: 'ecdsa-sd-2023', dataModel: '1.1' },
      { proofType: 'bbs-2023', mandatoryPointers: pointers },
    ]
    const since = new Date().toISOString()
    const old = []
    for (const wish of asked)
      old.push(await get('credentials', (await issueDegree(node, { ...terms, ...wish })).credentialId))
    const body = { reason: 'compromise' }
    expect(200, await node.call('POST', at('dids', did, 'keys', 'rotate'), { body }))
    const found = new Map<string, Recalled>()
    for (const signer of new Set(old.map((credential) => credential.verificationMethod))) {
      const what = { since, action: 'reissue', verificationMethod: signer }
      const { recallId } = await ended(expect(202, await order(what)).body.recallId)
      for (const [id, one] of await outcomes(recallId)) found.set(id, one)
    }
    for (const [position, before] of old.entries()) {
      const { outcome, newCredentialId, problem } = found.get(before.credentialId) ?? {}
      const wish = JSON.stringify(asked[position])
      assert.equal(outcome, 'reissued', `${wish}: ${problem}`)
      const anew = await get('credentials', newCredentialId ?? '')
      assert.deepEqual(statusOf(anew.credential), statusOf(before.credential), wish)
      assert.deepEqual(await leastShown(anew.credential), await leastShown(before.credential), wish)
    }
  })

  it('make nothing valid again that was revoked or suspended before', async () => {
    const since = new Date().toISOString()
    const issued = async () =>
      (await issueDegree(node, { issuerDid, schemaId, suspendable: true })).credentialId as string
    const [valid, revoked, suspended] = [await issued(), await issued(), await issued()]
    expect(200, await node.call('POST', at('credentials', 'revoke'), { body: { credentialId: revoked } }))
    expect(200, await node.call('POST', at('credentials', 'suspend'), { body: { credentialId: suspended } }))
    expect(200, await compromise())
    const { recallId } = expect(202, await order({ since, action: 'reissue' })).body
    await ended(recallId)
    const found = await outcomes(recallId)
    const told = [valid, revoked, suspended].map((id) => [found.get(id)?.outcome, found.get(id)?.problem])
    assert.deepEqual(told, [
      ['reissued', null],
      ['failed', 'ALREADY_REVOKED'],
      ['failed', 'ALREADY_SUSPENDED'],
    ])
    // the same once more finds nothing left to issue
    const again = expect(202, await order({ since, action: 'reissue' })).body
    await ended(again.recallId)
    assert.deepEqual(
      [...(await outcomes(again.recallId)).values()].map(({ outcome }) => outcome),
      ['failed', 'failed', 'failed'],
    )
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

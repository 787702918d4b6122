import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { keyTypes } from '../../../../node/keys/key-store.ts'
import { startChain, type TestChain } from '../../../chain.ts'
import { type ChainProxy, startChainProxy } from '../../../chain-proxy.ts'
import { startNode, type TestNode } from '../../../node.ts'

describe('rotating keys over HTTP', () => {
  let chain: TestChain
  let proxy: ChainProxy
  let node: TestNode
  let issuerDid: string
  let holderDid: string

  before(async () => {
    chain = await startChain()
    proxy = await startChainProxy(chain.rpcUrl)
    node = await startNode({
      chain: { ...chain, rpcUrl: proxy.url },
      // nothing but an event makes the node forget
      environment: { LEDGER_CACHE_MS: '600000' },
    })
    holderDid = (await post('/dids', { method: 'key' })).did
  })
  beforeEach(async () => {
    issuerDid = (await post('/dids', { method: 'ethr', keys: ['Ed25519'], name: 'MIT' })).did
  })
  after(async () => {
    await node?.close()
    await proxy?.close()
    await chain?.close()
  })

  const post = async (path: string, body: unknown, status?: number) => {
    const answer = await node.call('POST', `/api/v1${path}`, { body })
    if (status === undefined) assert.ok(answer.status < 300, JSON.stringify(answer.body))
    else assert.equal(answer.status, status, JSON.stringify(answer.body))
    return answer.body
  }
  const rotate = (body: unknown, status?: number) =>
    post(`/dids/${encodeURIComponent(issuerDid)}/keys/rotate`, body, status)
  const issue = async (proofType = 'eddsa-jcs-2022') => {
    const degree = {
      type: 'BachelorDegree',
      name: 'Bachelor of Science',
      university: 'MIT',
      graduationYear: 2025,
    }
    const terms = { schemaId: 'education-degree-v1', issuerDid, holderDid, claims: { degree } }
    return post('/credentials/issue', { ...terms, proofType, revocable: true })
  }
  const verify = (credential: unknown, more = {}) => post('/credentials/verify', { credential, ...more })

  it('keeps what the old keys signed, whatever the suite', async () => {
    issuerDid = (await post('/dids', { method: 'ethr', keys: keyTypes, name: 'MIT' })).did
    const { proofTypes } = (await node.call('GET', '/api/v1/network')).body
    const credentials = new Map<string, unknown>()
    for (const proofType of proofTypes) credentials.set(proofType, (await issue(proofType)).credential)
    assert.ok(credentials.size > 8)
    const { revoked } = await rotate({})
    for (const [proofType, issued] of credentials) {
      const pointers = { selectivePointers: ['/credentialSubject/degree/name'] }
      const derived = ['ecdsa-sd-2023', 'bbs-2023', 'BbsBlsSignature2020'].includes(proofType)
      const credential = derived
        ? (await post('/credentials/derive', { credential: issued, ...pointers })).credential
        : issued
      const { verified, checks } = await verify(credential)
      assert.equal(verified, true, `${proofType}: ${JSON.stringify(checks)}`)
      assert.ok(revoked.includes(checks.proof.verificationMethod), proofType)
      assert.match(checks.proof.key.validUntil, /^\d{4}-/)
    }
    assert.equal((await verify((await issue()).credential)).verified, true)
  })

  it('marks stolen keys on the ledger, and believes what was registered before', async () => {
    const { credential, credentialId } = await issue()
    assert.equal((await verify(credential)).verified, true)
    // the block of the registration has to be older than the theft, by a second at least
    await delay(2_100)
    const compromisedSince = new Date().toISOString()
    await rotate({ reason: 'compromise', compromisedSince })
    const { verified, checks } = await verify(credential)
    assert.equal(verified, true, JSON.stringify(checks))
    assert.equal(checks.proof.key.compromisedSince, `${compromisedSince.slice(0, 19)}.000Z`)

    // A verifier that is not this node needs the registration: another id makes this one such a verifier.
    const path = `/api/v1/credentials/${encodeURIComponent(credentialId)}/registration`
    const registration = (await node.call('GET', path)).body
    assert.equal((await verify(credential, { registration })).verified, true)
    const [first, ...others] = registration.transactionHash.slice(2)
    const transactionHash = `0x${first === '0' ? '1' : '0'}${others.join('')}`
    const unshown = await verify(credential, { registration: { ...registration, transactionHash } })
    assert.equal(unshown.checks.proof.status, 'unknown')
  })

  it('fails all that a key signed since it was stolen, and can mark a key that was replaced before', async () => {
    const { credential } = await issue()
    const { revoked } = await rotate({})
    assert.equal((await verify(credential)).verified, true)
    const marked = await rotate({
      verificationMethod: revoked[0],
      reason: 'compromise',
      compromisedSince: new Date(Date.now() - 3_600_000).toISOString(),
    })
    assert.deepEqual([marked.revoked, marked.added], [[], []])
    const { verified, checks } = await verify(credential)
    assert.equal(verified, false)
    assert.match(checks.proof.reason, /others may hold the key since/)
    assert.equal((await verify((await issue()).credential)).verified, true, 'the new key is another')
  })

  it('refuses times that cannot be, and keys that are none', async () => {
    const future = new Date(Date.now() + 3_600_000).toISOString()
    await rotate({ reason: 'compromise', compromisedSince: future }, 400)
    await rotate({ compromisedSince: new Date().toISOString() }, 400)
    await rotate({ reason: 'theft' }, 400)
    await rotate({ reason: 'compromise', verificationMethod: `${issuerDid}#delegate-99` }, 404)
    assert.equal((await verify((await issue()).credential)).verified, true)
  })

  it('asks the chain for an issuer once, until the issuer changes', async () => {
    const { credential } = await issue()
    let reads = 0
    // what the node has looked through for events, so that those of the issuer's making are behind it
    let watched = 0n
    let polled = Promise.withResolvers<void>()
    const head = BigInt((await chain.request('eth_blockNumber')) as string)
    const registry = chain.registries.didRegistry.toLowerCase()
    proxy.behave((requests) => {
      const asked = requests.filter(({ method, params = [] }) => {
        const [filter] = params as { address?: string | string[]; to?: string }[]
        const [address, ...others] = [filter?.address ?? filter?.to ?? ''].flat()
        return (
          /^eth_(getLogs|call)$/.test(method) && others.length === 0 && address?.toLowerCase() === registry
        )
      })
      reads += asked.length
      for (const { method, params = [] } of requests) {
        const [filter] = params as { address?: string | string[]; fromBlock?: string }[]
        if (method !== 'eth_getLogs' || !Array.isArray(filter?.address)) continue
        watched = BigInt(filter.fromBlock ?? 0) - 1n
        polled.resolve()
      }
      return 'pass'
    })
    while (watched < head) {
      polled = Promise.withResolvers()
      await chain.request('evm_mine')
      await polled.promise
    }
    await verify(credential)
    const first = reads
    assert.ok(first > 0)
    for (let i = 0; i < 4; i++) assert.equal((await verify(credential)).verified, true)
    assert.equal(reads, first)
    proxy.behave(() => 'pass')
    const { revoked } = await rotate({})
    const { checks } = await verify(credential)
    assert.equal(checks.proof.verificationMethod, revoked[0])
    assert.notEqual(checks.proof.key.validUntil, null, 'seen at once')
  })
})

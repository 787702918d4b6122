import assert from 'node:assert/strict'
import { startChain, type TestChain } from '../../../chain.ts'
import { type ChainProxy, startChainProxy } from '../../../chain-proxy.ts'
import { startNode, type TestNode } from '../../../node.ts'
import { at, expect, issueDegree, makeIssuer, makeSchema } from './scenario.ts'

describe('the finality of a registration and a status', () => {
  let chain: TestChain
  let proxy: ChainProxy
  let node: TestNode
  let terms: { issuerDid: string; schemaId: string }
  before(async () => {
    chain = await startChain()
    proxy = await startChainProxy(chain.rpcUrl)
    node = await startNode({ chain: { ...chain, rpcUrl: proxy.url }, environment: { FINALITY_DEPTH: '2' } })
    const issuerDid = await makeIssuer(node)
    terms = { issuerDid, schemaId: await makeSchema(node, issuerDid) }
    await issueDegree(node, terms)
  })
  after(async () => {
    await node.close()
    await proxy.close()
    await chain.close()
  })

  const finalityOf = async (credentialId: string) => {
    const { body } = expect(200, await node.call('GET', at('credentials', credentialId, 'registration')))
    return [body.confirmations, body.final]
  }

  it('comes with the blocks on top of it', async () => {
    const { credentialId } = await issueDegree(node, terms)
    assert.deepEqual(await finalityOf(credentialId), [0, false])
    await chain.request('evm_mine')
    assert.deepEqual(await finalityOf(credentialId), [1, false])
    await chain.request('evm_mine')
    assert.deepEqual(await finalityOf(credentialId), [2, true])
  })

  it('is not claimed while the chain does not answer', async () => {
    const { credentialId } = await issueDegree(node, terms)
    await chain.request('hardhat_mine', ['0x2'])
    proxy.behave(() => 'lose request')
    assert.deepEqual(await finalityOf(credentialId), [null, false])
    proxy.behave(() => 'pass')
    assert.deepEqual(await finalityOf(credentialId), [2, true])
  })

  it('comes to a status when it was the same in a final block', async () => {
    const { credentialId } = await issueDegree(node, terms)
    const statusOf = async () => {
      const { body } = expect(200, await node.call('GET', at('credentials', credentialId, 'status')))
      return [body.status, body.final]
    }
    assert.deepEqual(await statusOf(), ['valid', true])
    expect(
      200,
      await node.call('POST', '/api/v1/credentials/revoke', { body: { credentialId, reason: 'test' } }),
    )
    assert.deepEqual(await statusOf(), ['revoked', false])
    await chain.request('hardhat_mine', ['0x2'])
    assert.deepEqual(await statusOf(), ['revoked', true])
  })

  it('is not claimed of a transaction that the chain has lost', async () => {
    const snapshot = await chain.request('evm_snapshot')
    const { credentialId } = await issueDegree(node, terms)
    await chain.request('evm_revert', [snapshot])
    await chain.request('hardhat_mine', ['0x5'])
    assert.deepEqual(await finalityOf(credentialId), [null, false])
  })
})

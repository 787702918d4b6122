import assert from 'node:assert/strict'
import { startNode } from '../../../node.ts'
import { expect } from './scenario.ts'

describe('GET /network', () => {
  it('tells what a verifier needs, and no private RPC URL', async () => {
    const node = await startNode()
    try {
      const { body } = expect(200, await node.call('GET', '/api/v1/network', { key: null }))
      assert.equal(body.chainId, 31337)
      assert.equal(body.rpcUrl, null)
      assert.equal(body.publicUrl, node.node.publicUrl)
      for (const [name, address] of Object.entries(node.chain.registries)) {
        assert.equal(body.registries[name], address.toLowerCase())
      }
      assert.match(body.nodeDid, /^did:ethr:0x7a69:0x[0-9a-f]{40}$/)
      for (const proofType of ['Ed25519Signature2020', 'eddsa-rdfc-2022', 'eddsa-jcs-2022', 'JwtProof2020']) {
        assert.ok(body.proofTypes.includes(proofType))
      }
    } finally {
      await node.close()
    }
  })

  it('tells an RPC URL that is meant for the public', async () => {
    const node = await startNode({ environment: { RPC_PUBLIC_URL: 'https://rpc.example' } })
    try {
      assert.equal(expect(200, await node.call('GET', '/api/v1/network')).body.rpcUrl, 'https://rpc.example')
    } finally {
      await node.close()
    }
  })
})

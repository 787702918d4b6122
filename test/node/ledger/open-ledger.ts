import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Ledger } from '../../../node/ledger/ledger.ts'
import { openLedger } from '../../../node/ledger/open-ledger.ts'
import { startChain, type TestChain } from '../../chain.ts'
import { digestSigner, fundedKey } from '../../digest-signer.ts'

describe('opening the ledger', () => {
  let chain: TestChain
  let ledger: Ledger
  const relayer = digestSigner(fundedKey)

  before(async () => {
    chain = await startChain()
    ledger = await openLedger({ ...chain, relayer })
  })

  after(async () => {
    await ledger?.close()
    await chain?.close()
  })

  it('names its chain, its relayer and the DIDs of its registry', () => {
    assert.equal(ledger.chainId, 31_337)
    assert.equal(ledger.relayer, relayer.address)
    const did = `did:ethr:0x7a69:${relayer.address}`
    assert.equal(ledger.didOf(relayer.address), did)
    assert.equal(ledger.identityOf(did), relayer.address)
    for (const [name, address] of Object.entries(chain.registries)) {
      assert.equal(ledger.registries[name as keyof typeof ledger.registries], address.toLowerCase())
    }
  })

  it('knows no identity of other DIDs', () => {
    const { address } = relayer
    for (const did of [
      address,
      `did:ethr:${address}`,
      `did:ethr:0x1:${address}`,
      `did:ethr:0x07a69:${address}`,
      `did:ethr:0x7A69:${address}`,
      `did:ethr:0x7a69:${address.toUpperCase().replace('X', 'x')}`,
      `did:ethr:0x7a69:${address}#controller`,
      `did:ethr:0x7a69:0x02${address.slice(2)}`,
      `did:key:${address}`,
    ]) {
      assert.equal(ledger.identityOf(did), undefined, did)
    }
  })

  it('shows the head, the genesis and the balance', async () => {
    const client = await chain.viem.getPublicClient()
    const block = await client.getBlock()
    assert.deepEqual(await ledger.head(), {
      blockNumber: Number(block.number),
      time: new Date(Number(block.timestamp) * 1000).toISOString(),
      genesisHash: (await client.getBlock({ blockNumber: 0n })).hash,
    })
    assert.equal(await ledger.relayerBalance(), await client.getBalance({ address: relayer.address }))
  })

  it('refuses another chain than the expected one', async () => {
    await assert.rejects(openLedger({ ...chain, relayer, chainId: 1 }), {
      code: 'CHAIN_MISMATCH',
      facts: { expected: 1, actual: 31_337 },
    })
  })

  it('refuses registries that do not stand at their addresses', async () => {
    const registries = { ...chain.registries, schemaRegistry: relayer.address }
    await assert.rejects(openLedger({ ...chain, relayer, registries }), {
      code: 'CHAIN_MISMATCH',
      message: `No schemaRegistry stands at ${relayer.address}.`,
      facts: { registry: 'schemaRegistry', address: relayer.address },
    })
  })

  it('refuses a contract that is another one', async () => {
    const address = chain.registries.didRegistry.toLowerCase()
    const registries = { ...chain.registries, schemaRegistry: chain.registries.didRegistry }
    await assert.rejects(openLedger({ ...chain, relayer, registries }), {
      code: 'CHAIN_MISMATCH',
      facts: { registry: 'schemaRegistry', address },
    })
  })

  it('refuses registries that do not belong together', async () => {
    const registries = { ...chain.registries, didRegistry: chain.registries.statusListRegistry }
    await assert.rejects(openLedger({ ...chain, relayer, registries }), { code: 'CHAIN_MISMATCH' })
  })

  it('reports a chain that is not there, and one that never answers', async () => {
    const rpcUrl = 'http://127.0.0.1:1'
    await assert.rejects(openLedger({ ...chain, rpcUrl, relayer }), { code: 'CHAIN_UNREACHABLE' })

    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    const options = { ...chain, rpcUrl: `http://127.0.0.1:${port}`, relayer, requestTimeout: 50 }
    await assert.rejects(openLedger(options), { code: 'CHAIN_UNREACHABLE' })
    silent.closeAllConnections()
    silent.close()
  })
})

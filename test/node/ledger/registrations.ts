import assert from 'node:assert/strict'
import type { Hex, Ledger } from '../../../node/ledger/ledger.ts'
import { openLedger } from '../../../node/ledger/open-ledger.ts'
import { startChain, type TestChain } from '../../chain.ts'
import { type ChainProxy, type RpcRequest, startChainProxy } from '../../chain-proxy.ts'
import { digestSigner, fundedKey } from '../../digest-signer.ts'

const batches = 12

describe('registrations on the ledger', () => {
  let chain: TestChain
  let proxy: ChainProxy
  let ledger: Ledger
  let key: Hex
  const hashes: Hex[] = []

  before(async () => {
    chain = await startChain()
    proxy = await startChainProxy(chain.rpcUrl)
    ledger = await openLedger({
      ...chain,
      rpcUrl: proxy.url,
      relayer: digestSigner(fundedKey),
      pollingInterval: 20,
    })
    const name = { issuer: ledger.relayer, purpose: 'revocation', number: 1 } as const
    await ledger.statusLists.createLists([{ ...name, capacity: 131_072, url: '' }])
    key = ledger.statusLists.keyOf(name)
    for (let i = 0; i < batches; i++) {
      await chain.request('hardhat_mine', ['0x5'])
      const op = { key, expectedRegistered: 2 * i, count: 2, root: `0x${'11'.repeat(32)}` } as const
      hashes.push((await ledger.statusLists.registerBatch([op])).transactionHash)
    }
  })

  afterEach(() => proxy.behave(() => 'pass'))

  after(async () => {
    await ledger?.close()
    await proxy?.close()
    await chain?.close()
  })

  async function assertAllFound(): Promise<void> {
    for (const [i, hash] of hashes.entries()) {
      const registration = await ledger.statusLists.registration(key, 2 * i + 1)
      assert.equal(registration?.transactionHash, hash)
      assert.equal(registration?.first, 2 * i)
    }
  }

  const blocksOf = ({ params: [filter] }: RpcRequest) => {
    const { fromBlock, toBlock } = filter as { fromBlock: Hex; toBlock: Hex }
    return Number(toBlock) - Number(fromBlock) + 1
  }

  it('asks for the events of one block alone where the chain keeps its earlier states', async () => {
    const ranges: number[] = []
    proxy.behave((requests) => {
      for (const request of requests) if (request.method === 'eth_getLogs') ranges.push(blocksOf(request))
      return 'pass'
    })
    await assertAllFound()
    assert.deepEqual(new Set(ranges), new Set([1]))
  })

  it('searches the events, in ranges the endpoint accepts, where it keeps no earlier states', async () => {
    const isHistoric = ({ method, params }: RpcRequest) => method === 'eth_call' && params[1] !== 'latest'
    proxy.behave((requests) => {
      if (requests.some(isHistoric)) return { refuse: 'missing trie node' }
      const tooWide = requests.some((request) => request.method === 'eth_getLogs' && blocksOf(request) > 7)
      return tooWide ? { refuse: 'query exceeds max block range' } : 'pass'
    })
    await assertAllFound()
  })

  it('reports a chain that does not answer', async () => {
    proxy.behave(() => 'lose request')
    await assert.rejects(ledger.statusLists.registration(key, 0), { code: 'CHAIN_UNREACHABLE' })
  })
})

import assert from 'node:assert/strict'
import { createPublicClient, createWalletClient, encodeFunctionData, http, parseEther } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { hardhat } from 'viem/chains'
import type { ErrorCode, IssuerError } from '../../../node/errors.ts'
import { statusListRegistryAbi as abi } from '../../../node/ledger/abi.ts'
import { createChainClient } from '../../../node/ledger/client.ts'
import type { ContractCall } from '../../../node/ledger/contract-call.ts'
import type { SignedTransaction, TransactionFate } from '../../../node/ledger/ledger.ts'
import { createMemoryTransactions } from '../../../node/ledger/memory-transactions.ts'
import { createRelayer, type Relayer, type RelayerSettings } from '../../../node/ledger/relayer.ts'
import { startChain, type TestChain } from '../../chain.ts'
import { type ChainProxy, type RpcRequest, startChainProxy } from '../../chain-proxy.ts'
import { digestSigner, fundedKey } from '../../digest-signer.ts'

const fails =
  (code: ErrorCode, facts: Record<string, unknown> = {}) =>
  (error: IssuerError) => {
    assert.equal(error.code, code, error.stack)
    for (const [name, value] of Object.entries(facts)) assert.equal(error.facts[name], value)
    return true
  }

const isBroadcast = ({ method }: RpcRequest) => method === 'eth_sendRawTransaction'

describe('the relayer', () => {
  let chain: TestChain
  let proxy: ChainProxy
  let relayer: Relayer
  const funder = digestSigner(fundedKey)

  before(async () => {
    chain = await startChain()
    proxy = await startChainProxy(chain.rpcUrl)
    relayer = makeRelayer(funder)
  })

  afterEach(async () => {
    proxy.behave(() => 'pass')
    await chain.request('evm_setAutomine', [true])
  })

  after(async () => {
    relayer?.close()
    await proxy?.close()
    await chain?.close()
  })

  const makeRelayer = (signer: ReturnType<typeof digestSigner>, settings: Partial<RelayerSettings> = {}) => {
    const client = createChainClient({ rpcUrl: proxy.url, pollingInterval: 10, requestTimeout: 5_000 })
    return createRelayer({ client, chainId: chain.chainId, signer, receiptTimeout: 30_000, ...settings })
  }

  const publicClient = () => createPublicClient({ chain: hardhat, transport: http(chain.rpcUrl) })

  /** Another writer with the same account, which the relayer does not know of. */
  const sendBehindItsBack = async (value = 0n, to = relayer.address) => {
    const wallet = createWalletClient({
      account: privateKeyToAccount(fundedKey),
      chain: hardhat,
      transport: http(chain.rpcUrl),
    })
    const hash = await wallet.sendTransaction({ to, value })
    return publicClient().waitForTransactionReceipt({ hash })
  }

  let lastNumber = 0
  const createList = (number = ++lastNumber): ContractCall => ({
    to: chain.registries.statusListRegistry,
    abi,
    data: encodeFunctionData({
      abi,
      functionName: 'createList',
      args: [funder.address, 0, number, 131_072, ''],
    }),
  })

  it('gives concurrent transactions each its own nonce', async () => {
    const receipts = await Promise.all(Array.from({ length: 25 }, () => relayer.send(createList())))
    assert.equal(new Set(receipts.map(({ transactionHash }) => transactionHash)).size, 25)
  })

  it('shows the signed transaction before the chain has seen it', async () => {
    let shown: SignedTransaction | undefined
    const { transactionHash } = await relayer.send(createList(), {
      onSigned: async (transaction) => {
        shown = transaction
        await assert.rejects(publicClient().getTransaction({ hash: transaction.hash }))
      },
    })
    assert.equal(shown?.hash, transactionHash)
  })

  it('broadcasts nothing when it cannot be recorded, and goes on', async () => {
    const call = createList()
    let hash: SignedTransaction['hash'] = '0x'
    const failing = relayer.send(call, {
      onSigned: async (transaction) => {
        hash = transaction.hash
        throw new Error('no disk')
      },
    })
    await assert.rejects(failing, /no disk/)
    assert.equal(await relayer.receipt(hash), undefined)
    await relayer.send(call)
  })

  it('goes on when another writer used its nonce', async () => {
    await relayer.send(createList())
    await sendBehindItsBack()
    const signed: SignedTransaction[] = []
    const { transactionHash } = await relayer.send(createList(), {
      onSigned: async (transaction) => {
        signed.push(transaction)
        // once more, after the chain was asked for the next nonce
        if (signed.length === 1) await sendBehindItsBack()
      },
    })
    assert.equal(signed.length, 2)
    assert.equal(signed[1]?.hash, transactionHash)
    assert.equal(signed[1]?.nonce, (signed[0]?.nonce as number) + 1)
  })

  it('names the error of the contract and signs nothing when the call would be refused', async () => {
    const call = createList()
    await relayer.send(call)
    const again = relayer.send(call, { onSigned: () => assert.fail('signed') })
    await assert.rejects(again, fails('TRANSACTION_REVERTED', { error: 'ListExists' }))
  })

  it('names the error of the contract when a competitor was first', async () => {
    const call = createList()
    await chain.request('evm_setAutomine', [false])
    const sent: Promise<unknown>[] = []
    const signed = new Promise<void>((resolve) => {
      let count = 0
      const onSigned = async () => {
        if (++count === 2) resolve()
      }
      sent.push(relayer.send(call, { onSigned }), relayer.send(call, { onSigned }))
    })
    await signed
    const outcomes = Promise.allSettled(sent)
    await minedUntil(outcomes)
    const [first, second] = await outcomes
    assert.equal(first?.status, 'fulfilled')
    assert(second?.status === 'rejected')
    fails('TRANSACTION_REVERTED', { error: 'ListExists' })(second.reason)
  })

  async function minedUntil(done: Promise<unknown>): Promise<void> {
    let open = true
    const end = done.finally(() => {
      open = false
    })
    while (open) {
      await chain.request('evm_mine')
      await Promise.race([end, new Promise((resolve) => setTimeout(resolve, 20))])
    }
  }

  it('waits on when only the answer to its broadcast was lost', async () => {
    proxy.behave((requests) => (requests.some(isBroadcast) ? 'lose answer' : 'pass'))
    await relayer.send(createList())
    await relayer.send(createList())
  })

  /** Sends while every broadcast is lost, and gives the transaction that is stored. */
  async function lose(reference: string, call = createList()): Promise<SignedTransaction> {
    proxy.behave((requests) => (requests.some(isBroadcast) ? 'lose request' : 'pass'))
    let recorded: SignedTransaction | undefined
    const onSigned = async (transaction: SignedTransaction) => {
      recorded = transaction
    }
    await assert.rejects(relayer.send(call, { reference, onSigned }), fails('CHAIN_UNREACHABLE'))
    proxy.behave(() => 'pass')
    assert(recorded)
    return recorded
  }

  it('reports a chain that cannot be reached, and resends what was stored', async () => {
    const { hash } = await lose('unsent')
    assert.equal(await relayer.receipt(hash), undefined)
    assert.deepEqual(await relayer.outcome('unsent'), { pending: true, receipts: [] })
    assert.equal(await relayer.resume('unsent'), true)
    const receipt = await relayer.receipt(hash)
    assert.deepEqual(await relayer.outcome('unsent'), { pending: false, receipts: [receipt] })
    assert.equal(await relayer.resume('unsent'), true)
    assert.equal(await relayer.resume('unheard of'), false)
    await relayer.send(createList())
  })

  it('sends what is missing before what comes after it', async () => {
    const { hash } = await lose('first')
    const second = await relayer.send(createList())
    const first = await relayer.receipt(hash)
    assert.ok((first?.blockNumber as number) < second.blockNumber)
  })

  it('makes a call anew whose nonce another writer used', async () => {
    await chain.request('evm_setAutomine', [false])
    const signed: SignedTransaction[] = []
    const onSigned = async (transaction: SignedTransaction) => void signed.push(transaction)
    const sending = relayer.send(createList(), { onSigned })
    while (signed.length === 0) await new Promise(setImmediate)
    while (!(await isWaiting(signed[0]!.hash))) await new Promise(setImmediate)
    await chain.request('hardhat_dropTransaction', [signed[0]!.hash])
    await chain.request('evm_setAutomine', [true])
    await sendBehindItsBack()
    const { transactionHash } = await sending
    assert.equal(transactionHash, signed[1]?.hash)
  })

  const isWaiting = (hash: `0x${string}`) =>
    publicClient()
      .getTransaction({ hash })
      .then(
        () => true,
        () => false,
      )

  it('gives up for now on a transaction that nobody mines', async () => {
    const impatient = makeRelayer(digestSigner(fundedKey), { receiptTimeout: 30 })
    await chain.request('evm_setAutomine', [false])
    const sending = impatient.send(createList(), { reference: 'late' })
    await assert.rejects(sending, fails('CHAIN_UNREACHABLE'))
    await chain.request('evm_setAutomine', [true])
    await chain.request('evm_mine')
    assert.equal((await impatient.outcome('late')).receipts.length, 1)
    await relayer.send(createList())
  })

  it('looks after its transactions until they are final, and then no more', async () => {
    const transactions = createMemoryTransactions()
    const careful = makeRelayer(digestSigner(fundedKey), { transactions, watchDepth: 3 })
    const { transactionHash } = await careful.send(createList())
    const states = async () => (await transactions.open(careful.address)).map(({ state }) => state)
    const tend = () => careful.tend(() => assert.fail('nothing was lost or moved'))
    assert.deepEqual(await states(), ['signed'])
    assert.equal(await tend(), 1)
    assert.deepEqual(await states(), ['mined'])
    await chain.request('hardhat_mine', ['0x2'])
    assert.equal(await tend(), 0)
    await chain.request('evm_mine')
    assert.equal(await tend(), 1)
    assert.deepEqual(await states(), [])
    assert.ok(await careful.receipt(transactionHash))
  })

  it('knows when the chain has gone another way', async () => {
    const careful = makeRelayer(digestSigner(fundedKey), { transactions: createMemoryTransactions() })
    const snapshot = await chain.request('evm_snapshot')
    await careful.send(createList())
    await careful.tend(async () => {})
    assert.equal(await careful.isUnsettled(), false)
    await chain.request('evm_revert', [snapshot])
    assert.equal(await careful.isUnsettled(), true)
    await careful.tend(async () => {})
    assert.equal(await careful.isUnsettled(), true)
    const fates: TransactionFate[] = []
    for (let looks = 0; looks < 3; looks++) await careful.tend(async (fate) => void fates.push(fate))
    assert.equal(await careful.isUnsettled(), false)
    assert.deepEqual(
      fates.map(({ outcome }) => outcome),
      ['mined'],
    )
  })

  it('reports an account that cannot pay', async () => {
    const poor = digestSigner()
    const call = { to: poor.address, data: '0x', abi } as const
    await assert.rejects(makeRelayer(poor).send(call), fails('RELAYER_UNFUNDED'))
    await sendBehindItsBack(parseEther('1'), poor.address)
    assert.equal(await makeRelayer(poor).balance(), parseEther('1'))
    await makeRelayer(poor).send(call)
  })

  it('stops waiting when it is closed', async () => {
    const closing = makeRelayer(digestSigner(fundedKey))
    await chain.request('evm_setAutomine', [false])
    const sending = closing.send(createList(), { onSigned: async () => closing.close() })
    await assert.rejects(sending, fails('CHAIN_UNREACHABLE'))
    await chain.request('evm_mine')
  })
})

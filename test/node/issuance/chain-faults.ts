import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { createWalletClient, http } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { hardhat } from 'viem/chains'
import type { IssuanceTerms } from '../../../node/issuance/issuance.ts'
import type { LedgerNotice } from '../../../node/ledger/notice.ts'
import { startChain, type TestChain } from '../../chain.ts'
import { type ChainProxy, type RpcRequest, startChainProxy } from '../../chain-proxy.ts'
import { fundedKey } from '../../digest-signer.ts'
import { degree, type Issuing, openIssuing } from '../../issuing.ts'
import { checkAgreement, settled } from '../../ledger-agreement.ts'
import { describeOnNodeStacks, type FreshDatabase, nodeStacks } from '../../stacks.ts'

const holderDid = 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK'
/** How long the chain is silent; longer in a soak. */
const stallMs = Number(process.env.CHAIN_STALL_MS ?? 3_000)
const isBroadcast = ({ method }: RpcRequest) => method === 'eth_sendRawTransaction'

describeOnNodeStacks('writes to a chain that fails', (stack) => {
  let chain: TestChain
  let proxy: ChainProxy
  let fresh: FreshDatabase
  let house: Issuing
  let terms: IssuanceTerms
  let acknowledged: string[]
  let notices: LedgerNotice[]

  const open = (relayer: Parameters<typeof openIssuing>[0]['relayer'] = {}) =>
    openIssuing({
      chain,
      location: fresh.location,
      queueUrl: fresh.queueUrl,
      rpcUrl: proxy.url,
      anchorWaitMs: 200,
      gatherMs: 20,
      relayer: {
        stuckAfter: 250,
        requestTimeout: 1_000,
        receiptTimeout: 5_000,
        onNotice: (notice) => notices.push(notice),
        ...relayer,
      },
    })

  before(async () => {
    chain = await startChain()
    proxy = await startChainProxy(chain.rpcUrl)
  })

  after(async () => {
    await proxy?.close()
    await chain?.close()
  })

  beforeEach(async () => {
    acknowledged = []
    notices = []
    fresh = await stack.create({ prepared: true })
    house = await open()
    const issuer = await house.createIssuer()
    terms = await house.degreeTerms(issuer, true)
    await issue(1)
    await settled(house)
  })

  afterEach(async () => {
    proxy.behave(() => 'pass')
    await chain.request('evm_setIntervalMining', [0])
    await mining(true)
    await house.close()
    await fresh.drop()
  })

  /**
   * A case in which a stored transaction is sent again as it is, or the chain's answers alone count: on one stack. The
   * others are about what a process finds in the database, does anew or waits for its queue with: on every stack.
   */
  const onOneStack = (title: string, test: () => Promise<void>) => {
    if (stack === nodeStacks[0]) it(title, test)
  }

  /** Issues one after the other, and keeps the ids of those that were answered for. */
  async function issue(count: number): Promise<string[]> {
    const ids: string[] = []
    for (let n = 0; n < count; n++) {
      const issued = await house.issue({ ...terms, holderDid, claims: degree }).catch((error) => {
        assert.equal(error.code, 'CHAIN_UNREACHABLE', error.stack)
        return undefined
      })
      if (issued) ids.push(issued.credentialId)
    }
    acknowledged.push(...ids)
    return ids
  }

  /** The check at the end of each: nothing is lost, nothing is twice. */
  async function check(title: string): Promise<void> {
    await settled(house)
    const counts = await checkAgreement(house, chain.rpcUrl, acknowledged)
    process.stdout.write(`      ${title}: ${JSON.stringify(counts)}\n`)
  }

  const revoke = (...credentialIds: string[]) => house.changer.change({ action: 'revoke', credentialIds })
  const change = (action: 'suspend' | 'reinstate', id: string) =>
    house.changer.change({ action, credentialIds: [id] })
  const events = () => notices.map(({ event }) => event)

  /** Lets each of the next broadcasts meet a fate. */
  function meet(times: number, fate: 'lose request' | 'lose answer' | 'duplicate' | { stall: number }) {
    let left = times
    proxy.behave((requests) => (requests.some(isBroadcast) && left-- > 0 ? fate : 'pass'))
  }

  /** Another writer with the key of the relayer. */
  async function writeBehindItsBack(): Promise<void> {
    const account = privateKeyToAccount(fundedKey)
    const wallet = createWalletClient({ account, chain: hardhat, transport: http(chain.rpcUrl) })
    await wallet.sendTransaction({ to: account.address })
  }

  const mining = async (automatic: boolean) => {
    await chain.request('evm_setAutomine', [automatic])
    if (automatic) await chain.request('evm_mine')
  }

  /** A chain that mines whatever comes takes no transaction in the place of one that waits; this one does. */
  const miningOften = () => chain.request('evm_setIntervalMining', [20])

  const until = async (reached: () => boolean | Promise<boolean>) => {
    const deadline = Date.now() + 20_000
    while (!(await reached())) {
      assert.ok(Date.now() < deadline, `${reached} after ${JSON.stringify(notices)}`)
      await delay(10)
    }
  }

  const waitingHashes = async () => {
    const block = (await chain.request('eth_getBlockByNumber', ['pending', false])) as {
      transactions: string[]
    }
    return block.transactions
  }

  it('survives refused connections', async () => {
    let cutting: Promise<void> | undefined
    proxy.behave((requests) => {
      if (requests.some(isBroadcast)) cutting ??= proxy.cut()
      return cutting ? 'lose request' : 'pass'
    })
    await issue(3)
    await cutting
    proxy.behave(() => 'pass')
    await proxy.mend()
    await issue(3)
    await check('connections refused')
  })

  it('survives a chain that ends and comes back with its blocks and without what waited', async () => {
    const [first] = await issue(2)
    await mining(false)
    const working = issue(1)
    await until(async () => (await waitingHashes()).length > 0)
    await proxy.cut()
    await chain.restart()
    assert.deepEqual(await waitingHashes(), [])
    await proxy.mend()
    await working
    await revoke(first!)
    await issue(1)
    await check('restarted chain')
  })

  onOneStack(`survives a chain that is silent for ${stallMs} ms`, async () => {
    const silentUntil = Date.now() + stallMs
    proxy.behave(() => (Date.now() < silentUntil ? { stall: silentUntil - Date.now() } : 'pass'))
    while (Date.now() < silentUntil) await issue(1)
    await issue(2)
    await check('a stall')
  })

  it('survives answers that are lost after the transaction was accepted', async () => {
    meet(4, 'lose answer')
    const ids = await issue(4)
    meet(2, 'lose answer')
    await revoke(...ids)
    await check('answers lost')
  })

  onOneStack('survives submissions that arrive twice', async () => {
    meet(Number.POSITIVE_INFINITY, 'duplicate')
    const ids = await issue(4)
    await revoke(ids[0]!)
    await check('submissions doubled')
  })

  it('fills gaps: with what was stored and never arrived, and with nothing where there is nothing', async () => {
    meet(2, 'lose request')
    await issue(3)
    await settled(house)
    // a number that was given out to nobody
    const [row] = await house.database.selectFrom('relayers').selectAll().execute()
    await house.database
      .updateTable('relayers')
      .set({ next_nonce: row!.next_nonce + 1 })
      .execute()
    await issue(3)
    await check('gaps')
    assert.ok(events().includes('gap in the nonces filled'))
  })

  it('does the work anew when another writer takes the nonce', async () => {
    await mining(false)
    const working = issue(1)
    await until(async () => (await waitingHashes()).length > 0)
    // so that nothing is sent again before the other one comes
    await proxy.cut()
    for (const hash of await waitingHashes()) await chain.request('hardhat_dropTransaction', [hash])
    await mining(true)
    await writeBehindItsBack()
    await proxy.mend()
    await working
    await issue(2)
    await check('replaced')
  })

  onOneStack('raises the fees of what is stuck, and never above the limit', async () => {
    await mining(false)
    const working = issue(1)
    await until(async () => (await waitingHashes()).length > 0)
    // more than twice the fee of before: the block has no place for it
    await chain.request('hardhat_setNextBlockBaseFeePerGas', ['0x12a05f200'])
    await chain.request('evm_mine')
    await until(() => events().includes('fees raised'))
    const notice = notices.find(({ event }) => event === 'fees raised')!
    assert.ok(BigInt(notice.facts!.to!) * 10n >= BigInt(notice.facts!.from!) * 11n)
    await miningOften()
    await working
    await check('stuck')
  })

  onOneStack('waits below the limit of fees, says so, and goes on when the fees fall', async () => {
    await house.close()
    house = await open({ fees: { maxFeePerGas: 4_000_000_000n }, receiptTimeout: 600 })
    await mining(false)
    await chain.request('hardhat_setNextBlockBaseFeePerGas', ['0x1dcd6500'])
    await chain.request('evm_mine')
    const working = issue(1)
    await until(async () => (await waitingHashes()).length > 0)
    await chain.request('hardhat_setNextBlockBaseFeePerGas', ['0x174876e800'])
    await chain.request('evm_mine')
    await until(() => events().includes('fee cap reached'))
    await working
    const { code, retryable } = await house.changer
      .change({ action: 'revoke', credentialIds: acknowledged.slice(0, 1) })
      .then(
        () => assert.fail(),
        (error) => error,
      )
    assert.deepEqual([code, retryable], ['FEE_CAP_REACHED', true])
    await chain.request('hardhat_setNextBlockBaseFeePerGas', ['0x3b9aca00'])
    await miningOften()
    await check('fee limit')
  })

  onOneStack('sends again what a reorganisation takes away, the same transactions', async () => {
    const ids = await issue(1)
    const snapshot = await chain.request('evm_snapshot')
    ids.push(...(await issue(3)))
    await revoke(ids[0]!, ids[2]!)
    await change('suspend', ids[1]!)
    await settled(house)
    const before = await house.prove(ids[2]!)
    await chain.request('evm_revert', [snapshot])
    assert.equal((await house.status(ids[0]!)).revoked, false)
    await until(() => events().includes('transaction no longer in its block'))
    await settled(house)
    assert.equal((await house.prove(ids[2]!)).transactionHash, before.transactionHash)
    await issue(1)
    assert.equal((await house.status(ids[1]!)).status, 'suspended')
    await check('reorganisation')
  })

  it('registers and revokes anew when the nonces are taken after a reorganisation', async () => {
    const ids = await issue(2)
    const snapshot = await chain.request('evm_snapshot')
    ids.push(...(await issue(3)))
    await revoke(ids[0]!, ids[2]!)
    await change('suspend', ids[1]!)
    await change('reinstate', ids[1]!)
    await settled(house)
    await proxy.cut()
    await chain.request('evm_revert', [snapshot])
    for (let n = 0; n < 4; n++) await writeBehindItsBack()
    await proxy.mend()
    await until(() => events().includes('transaction lost in a reorganisation'))
    await issue(1)
    await check('reorganisation with the nonces taken')
    assert.equal((await house.status(ids[1]!)).status, 'valid')
  })

  onOneStack('is not confused by answers about an older head', async () => {
    const snapshotHead = Number(await chain.request('eth_blockNumber'))
    const older = `0x${snapshotHead.toString(16)}`
    await issue(2)
    let turn = 0
    proxy.behave((requests) =>
      requests.every(({ method }) => method === 'eth_getBlockByNumber') && turn++ % 2 === 0
        ? { falsify: (_, result) => ({ ...(result as object), number: older, hash: `0x${'0'.repeat(64)}` }) }
        : 'pass',
    )
    const ids = await issue(3)
    await revoke(ids[1]!)
    proxy.behave(() => 'pass')
    await check('older head')
  })
})

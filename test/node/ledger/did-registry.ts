import assert from 'node:assert/strict'
import { privateKeyToAddress } from 'viem/accounts'
import type { IssuerError } from '../../../node/errors.ts'
import { didRegistryAbi } from '../../../node/ledger/abi.ts'
import { accountAddress } from '../../../node/ledger/account-address.ts'
import type { DidChange, Ledger } from '../../../node/ledger/ledger.ts'
import { openLedger } from '../../../node/ledger/open-ledger.ts'
import { startChain, type TestChain } from '../../chain.ts'
import { digestSigner, fundedKey } from '../../digest-signer.ts'

const attribute = (byte: number): DidChange => ({
  kind: 'setAttribute',
  name: 'did/pub/Multikey/veriKey/base58',
  value: new Uint8Array([0xed, 0x01, ...new Array(32).fill(byte)]),
  validity: 86_400,
})

describe('the DID registry on the ledger', () => {
  let chain: TestChain
  let ledger: Ledger

  before(async () => {
    chain = await startChain()
    const relayer = digestSigner(fundedKey)
    ledger = await openLedger({ ...chain, relayer, pollingInterval: 20 })
  })

  after(async () => {
    await ledger?.close()
    await chain?.close()
  })

  const apply = (
    owner: ReturnType<typeof digestSigner>,
    changes: readonly DidChange[],
    identity = owner.address,
  ) => ledger.dids.applyChangesSigned({ identity, changes, sign: owner.signDigest })

  it('derives the address of a compressed public key', () => {
    const { publicKey } = digestSigner(fundedKey)
    assert.equal(accountAddress(publicKey), privateKeyToAddress(fundedKey).toLowerCase())
  })

  it('shows an address that nobody has registered as active and owned by itself', async () => {
    const { address } = digestSigner()
    assert.equal(await ledger.dids.isActive(address), true)
    assert.equal(await ledger.dids.owner(address), address)
    assert.deepEqual(await ledger.dids.history(address), [])
  })

  it('applies signed changes that the relayer pays for, in order', async () => {
    const owner = digestSigner()
    const delegate = { type: 'status', delegate: ledger.relayer }
    const receipt = await apply(owner, [attribute(1), { kind: 'addDelegate', ...delegate, validity: 86_400 }])
    assert.equal(await ledger.dids.isAuthorized(owner.address, 'status', ledger.relayer), true)
    assert.equal(await ledger.dids.isAuthorized(owner.address, 'schema', ledger.relayer), false)
    await apply(owner, [{ kind: 'revokeDelegate', ...delegate }, attribute(2)])
    assert.equal(await ledger.dids.isAuthorized(owner.address, 'status', ledger.relayer), false)

    const history = await ledger.dids.history(owner.address)
    assert.deepEqual(
      history.map(({ change }) => change.kind),
      ['attributeChanged', 'delegateChanged', 'delegateChanged', 'attributeChanged'],
    )
    assert.equal(history[0]?.transactionHash, receipt.transactionHash)
    assert.equal(history[0]?.blockNumber, receipt.blockNumber)
    const [first, , third] = history
    assert(first?.change.kind === 'attributeChanged' && third?.change.kind === 'delegateChanged')
    assert.deepEqual([...first.change.value.subarray(0, 3)], [0xed, 0x01, 1])
    assert.equal(first.change.name, 'did/pub/Multikey/veriKey/base58')
    assert.deepEqual(third.change, { kind: 'delegateChanged', ...delegate, validTo: 0n })
    assert(Math.abs(Date.parse(first.time) - Date.now()) < 60_000, first.time)
  })

  it('keeps the history whole when several transactions stand in one block', async () => {
    const owner = digestSigner()
    await apply(owner, [attribute(1)])
    await chain.request('evm_setAutomine', [false])
    const publicClient = await chain.viem.getPublicClient()
    const [wallet] = await chain.viem.getWalletClients()
    const identity = wallet?.account.address.toLowerCase() as typeof owner.address
    const registry = { abi: didRegistryAbi, address: chain.registries.didRegistry }
    const name = `0x${Buffer.from('did/svc/Hub').toString('hex').padEnd(64, '0')}` as const
    for (const value of ['0x01', '0x02'] as const) {
      const args = [identity, name, value, 1000n] as const
      await wallet?.writeContract({ ...registry, functionName: 'setAttribute', args })
    }
    await chain.request('evm_mine')
    await chain.request('evm_setAutomine', [true])
    assert.equal((await publicClient.getBlock()).transactions.length, 2)
    const values = (await ledger.dids.history(identity)).map(
      ({ change }) => change.kind === 'attributeChanged' && change.value[0],
    )
    assert.deepEqual(values, [1, 2])
    assert.equal((await ledger.dids.history(owner.address)).length, 1)
  })

  it('tells a signature of somebody else from that of the owner', async () => {
    const owner = digestSigner()
    const refused = await apply(digestSigner(), [attribute(1)], owner.address).catch(
      (error: IssuerError) => error,
    )
    assert('code' in refused && refused.code === 'TRANSACTION_REVERTED')
    assert.equal(refused.facts.error, 'InvalidSignature')
  })

  it('deactivates for good', async () => {
    const owner = digestSigner()
    await apply(owner, [{ kind: 'changeOwner', owner: `0x${'00'.repeat(20)}` }])
    assert.equal(await ledger.dids.isActive(owner.address), false)
    assert.equal(await ledger.dids.owner(owner.address), `0x${'00'.repeat(20)}`)
    const [event] = await ledger.dids.history(owner.address)
    assert.deepEqual(event?.change, { kind: 'ownerChanged', owner: `0x${'00'.repeat(20)}` })
    await assert.rejects(apply(owner, [attribute(1)]), (error: IssuerError) => {
      assert.equal(error.code, 'TRANSACTION_REVERTED')
      assert.equal(error.facts.error, 'IdentityDeactivated')
      assert.equal(String(error.facts.identity).toLowerCase(), owner.address)
      return true
    })
  })
})

import assert from 'node:assert/strict'
import type { ChainClient } from '../../../node/ledger/client.ts'
import { createChainClient } from '../../../node/ledger/client.ts'
import { offerFees, raiseFees } from '../../../node/ledger/fees.ts'
import { startChain, type TestChain } from '../../chain.ts'

const gwei = 1_000_000_000n

describe('fees', () => {
  let chain: TestChain
  let client: ChainClient

  before(async () => {
    chain = await startChain()
    client = createChainClient({ rpcUrl: chain.rpcUrl, pollingInterval: 10, requestTimeout: 5_000 })
  })
  after(() => chain?.close())

  const baseFee = async (fee: bigint) => {
    await chain.request('hardhat_setNextBlockBaseFeePerGas', [`0x${fee.toString(16)}`])
    await chain.request('evm_mine')
  }

  it('are twice the base fee and the tip, never above the limit', async () => {
    await baseFee(10n * gwei)
    const limits = { maxFeePerGas: 100n * gwei, priorityFeePerGas: 2n * gwei }
    assert.deepEqual(await offerFees(client, limits), {
      maxFeePerGas: 22n * gwei,
      maxPriorityFeePerGas: 2n * gwei,
    })
    assert.deepEqual(await offerFees(client, { ...limits, maxFeePerGas: 10n * gwei }), {
      maxFeePerGas: 10n * gwei,
      maxPriorityFeePerGas: 2n * gwei,
    })
    await assert.rejects(offerFees(client, { maxFeePerGas: 9n * gwei }), {
      code: 'FEE_CAP_REACHED',
      retryable: true,
    })
  })

  it('rise by what every node takes for a replacement, or to what the chain asks for', () => {
    const limits = { maxFeePerGas: 100n * gwei }
    const former = { maxFeePerGas: 20n * gwei, maxPriorityFeePerGas: 3n }
    const eighth = raiseFees(former, former, limits)
    assert.deepEqual(eighth, { maxFeePerGas: 22_500_000_000n, maxPriorityFeePerGas: 4n })
    const present = { maxFeePerGas: 60n * gwei, maxPriorityFeePerGas: gwei }
    assert.deepEqual(raiseFees(former, present, limits), present)
  })

  it('rise no more where a tenth would be above the limit', () => {
    const former = { maxFeePerGas: 20n * gwei, maxPriorityFeePerGas: gwei }
    const to = (maxFeePerGas: bigint) => raiseFees(former, former, { maxFeePerGas })?.maxFeePerGas
    assert.equal(to(22n * gwei), 22n * gwei)
    assert.equal(to(22n * gwei - 1n), undefined)
  })
})

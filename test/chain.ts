import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { config, network } from 'hardhat'
import { createPublicClient, http, serializeTransaction, type TransactionSerializable } from 'viem'
import { hardhat } from 'viem/chains'
import Registries from '../ignition/modules/Registries.ts'
import type { Address, RegistryAddresses } from '../node/ledger/ledger.ts'

/** An own chain inside the test process: JSON-RPC over real HTTP on a free port, all registries deployed. */
export interface TestChain {
  rpcUrl: string
  chainId: number
  registries: RegistryAddresses
  /** viem clients of Hardhat for this chain: `viem.getPublicClient()`, `viem.getWalletClients()`, … */
  viem: Awaited<ReturnType<typeof network.create>>['viem']
  /** The provider's JSON-RPC, for what viem has no name for (`evm_mine`, `evm_snapshot`, …). */
  request(method: string, params?: unknown[]): Promise<unknown>
  /** Ends the chain and starts another one where it was, with the same blocks, and without what waited. */
  restart(): Promise<void>
  close(): Promise<void>
}

const startServer = async (initialDate: Date, atPort = 0) => {
  const override = { initialDate }
  const server = await network.createServer({ network: 'node', override }, '127.0.0.1', atPort)
  return { ...(await server.listen()), close: () => server.close() }
}

/** Starts a chain and deploys the registries; the caller closes it in `after`. */
export async function startChain(): Promise<TestChain> {
  // Without a date, the chain begins when Hardhat was loaded, which in a long test run is minutes ago.
  let server = await startServer(new Date())
  const { address, port } = server
  const rpcUrl = `http://${address}:${port}`
  const connection = await network.create({
    network: 'local',
    override: { url: rpcUrl },
  })
  // Ignition keeps a journal for each deployment id on disk and would believe it of the next chain, too.
  const deploymentId = `test-${randomUUID()}`
  const deployed: Record<keyof RegistryAddresses, { address: Address }> = await connection.ignition.deploy(
    Registries,
    { deploymentId },
  )
  await rm(join(config.paths.ignition, 'deployments', deploymentId), { recursive: true })
  const request: TestChain['request'] = (method, params = []) =>
    connection.provider.request({ method, params })
  return {
    rpcUrl,
    chainId: await (await connection.viem.getPublicClient()).getChainId(),
    registries: {
      didRegistry: deployed.didRegistry.address,
      schemaRegistry: deployed.schemaRegistry.address,
      credentialDefinitionRegistry: deployed.credentialDefinitionRegistry.address,
      statusListRegistry: deployed.statusListRegistry.address,
    },
    viem: connection.viem,
    request,
    restart: async () => {
      const blocks = await readBlocks(rpcUrl)
      await server.close()
      server = await startServer(new Date(Number(blocks[0]?.timestamp) * 1_000), port)
      await request('evm_setAutomine', [false])
      for (const { transactions, timestamp } of blocks.slice(1)) {
        for (const raw of transactions) await request('eth_sendRawTransaction', [raw])
        await request('evm_setNextBlockTimestamp', [Number(timestamp)])
        await request('evm_mine')
      }
      await request('evm_setAutomine', [true])
      assert.equal((await readBlocks(rpcUrl, blocks.length - 1))[0]?.hash, blocks.at(-1)?.hash)
      // its clock stood still while it was away
      const behind = Math.floor(Date.now() / 1_000) - Number(blocks.at(-1)?.timestamp)
      await request('evm_increaseTime', [Math.max(0, behind)])
    },
    close: async () => {
      await connection.close()
      await server.close()
    },
  }
}

/** The blocks of a chain, their transactions as they were signed. */
async function readBlocks(rpcUrl: string, from = 0) {
  const client = createPublicClient({ chain: hardhat, transport: http(rpcUrl) })
  const blocks = []
  for (let number = BigInt(from); number <= (await client.getBlockNumber({ cacheTime: 0 })); number++) {
    const { timestamp, hash, transactions } = await client.getBlock({
      blockNumber: number,
      includeTransactions: true,
    })
    const signed = transactions.map(({ input, ...transaction }) =>
      serializeTransaction({ ...transaction, data: input } as TransactionSerializable, transaction),
    )
    blocks.push({ timestamp, hash, transactions: signed })
  }
  return blocks
}

import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { config, network } from 'hardhat'
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
  close(): Promise<void>
}

/** Starts a chain and deploys the registries; the caller closes it in `after`. */
export async function startChain(): Promise<TestChain> {
  // Without a date, the chain begins when Hardhat was loaded, which in a long test run is minutes ago.
  const clock = { initialDate: new Date() }
  const server = await network.createServer({ network: 'node', override: clock }, '127.0.0.1', 0)
  const { address, port } = await server.listen()
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
    request: (method, params = []) => connection.provider.request({ method, params }),
    close: async () => {
      await connection.close()
      await server.close()
    },
  }
}

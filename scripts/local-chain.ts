import { rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { config, network } from 'hardhat'
import Registries from '../ignition/modules/Registries.ts'
import type { Address, RegistryAddresses } from '../node/ledger/ledger.ts'

// A chain in a process of its own, started by open-local-chain.ts: it speaks with its parent over IPC, and ends
// when the parent closes that channel or dies.

/** What the parent may ask for. */
export type ToLocalChain = { kind: 'fund'; id: number; address: Address }

/** What the parent hears. */
export type FromLocalChain =
  | { kind: 'ready'; rpcUrl: string; chainId: number; registries: RegistryAddresses }
  | { kind: 'funded'; id: number }
  | { kind: 'failed'; id?: number; message: string }

const host = '127.0.0.1'
const funds = 10_000n * 10n ** 18n

async function main(port: number): Promise<void> {
  await checkPort(port)
  // Block time must be the wall clock; without a date, the chain begins when Hardhat was loaded.
  const clock = { initialDate: new Date() }
  const server = await network.createServer({ network: 'node', override: clock }, host, port)
  await server.listen()
  const rpcUrl = `http://${host}:${port}`
  const connection = await network.create({ network: 'local', override: { url: rpcUrl } })
  const { chainId, registries } = await deploy(connection)
  process.on('message', (message: ToLocalChain) => {
    const { id, address } = message
    connection.provider
      .request({ method: 'hardhat_setBalance', params: [address, `0x${funds.toString(16)}`] })
      .then(() => tell({ kind: 'funded', id }))
      .catch((error: Error) => tell({ kind: 'failed', id, message: error.message }))
  })
  tell({ kind: 'ready', rpcUrl, chainId, registries })
}

type Connection = Awaited<ReturnType<typeof network.create>>

async function deploy(connection: Connection) {
  // Ignition's journal outlives the chain: with it, Ignition would give the addresses of the former chain.
  const deploymentId = `local-${process.pid}`
  const journal = join(config.paths.ignition, 'deployments', deploymentId)
  await rm(journal, { recursive: true, force: true })
  const deployed: Record<keyof RegistryAddresses, { address: Address }> = await connection.ignition.deploy(
    Registries,
    { deploymentId },
  )
  await rm(journal, { recursive: true, force: true })
  const registries: RegistryAddresses = {
    didRegistry: deployed.didRegistry.address,
    schemaRegistry: deployed.schemaRegistry.address,
    credentialDefinitionRegistry: deployed.credentialDefinitionRegistry.address,
    statusListRegistry: deployed.statusListRegistry.address,
  }
  const client = await connection.viem.getPublicClient()
  for (const [name, address] of Object.entries(registries)) {
    if (!(await client.getCode({ address }))) throw new Error(`${name} does not stand at ${address}`)
  }
  return { chainId: await client.getChainId(), registries }
}

/** Hardhat's server waits for ever for a port that is taken. @throws naming the variable to change */
function checkPort(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EADDRINUSE' ? 'is in use' : `cannot be used (${error.code})`
      reject(new Error(`Port ${port} ${reason}: set CHAIN_PORT to a free one, or stop what listens there.`))
    })
    probe.listen(port, host, () => probe.close(() => resolve()))
  })
}

function tell(message: FromLocalChain): void {
  if (process.connected) process.send?.(message)
}

// Ctrl-C reaches the whole process group; the node still needs the chain while it stops.
process.on('SIGINT', () => undefined)
process.once('disconnect', () => process.exit(0))
main(Number(process.argv[2])).catch((error: Error) => {
  tell({ kind: 'failed', message: error.message })
  process.disconnect?.()
})

import { rm, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { config, network } from 'hardhat'
import Registries from '../ignition/modules/Registries.ts'
import type { RegistryAddresses } from '../node/ledger/ledger.ts'

// `npm run deploy -- --network <name>`: deploys the registries to a network of hardhat.config.ts. A deployment that
// was interrupted goes on where it stopped; one that is complete only prints its addresses.

const developmentChain = 31337

type Connection = Awaited<ReturnType<typeof network.create>>

async function deploy(name: string): Promise<void> {
  const connection = await network.create({ network: name })
  const client = await connection.viem.getPublicClient()
  const chainId = await client.getChainId()
  const deploymentId = `chain-${chainId}`
  const journal = join(config.paths.ignition, 'deployments', deploymentId)
  const run = async () => addressesOf(await connection.ignition.deploy(Registries, { deploymentId }))
  process.stderr.write(`Deploying the registries to the network ${name} (chain id ${chainId}) …\n`)
  let registries = await run()
  if (!(await standAt(connection, registries)) && chainId === developmentChain) {
    // The journal is that of an earlier development chain, which has forgotten everything.
    await rm(journal, { recursive: true })
    registries = await run()
  }
  if (!(await standAt(connection, registries))) {
    throw new Error(
      `${relative(process.cwd(), journal)} names addresses without code on this chain: ` +
        'it belongs to another chain with the same id. Move it away and deploy again.',
    )
  }
  const file = join(journal, 'registries.json')
  const json = `${JSON.stringify(registries, null, 2)}\n`
  await writeFile(file, json)
  process.stderr.write(
    `Start a node on them: REGISTRIES=${relative(process.cwd(), file)} RPC_URL=… npm start\n`,
  )
  process.stdout.write(json)
  await connection.close()
}

function addressesOf(
  deployed: Record<keyof RegistryAddresses, { address: `0x${string}` }>,
): RegistryAddresses {
  return {
    didRegistry: deployed.didRegistry.address,
    schemaRegistry: deployed.schemaRegistry.address,
    credentialDefinitionRegistry: deployed.credentialDefinitionRegistry.address,
    statusListRegistry: deployed.statusListRegistry.address,
  }
}

async function standAt(connection: Connection, registries: RegistryAddresses): Promise<boolean> {
  const client = await connection.viem.getPublicClient()
  const codes = await Promise.all(Object.values(registries).map((address) => client.getCode({ address })))
  return codes.every((code) => code !== undefined)
}

const { values } = parseArgs({ options: { network: { type: 'string' } } })
const networks = Object.keys(config.networks).filter((name) => config.networks[name]?.type === 'http')
if (!values.network || !networks.includes(values.network)) {
  process.stderr.write(`Say where to: npm run deploy -- --network <${networks.join(' | ')}>\n`)
  process.exit(1)
}
deploy(values.network).catch((error: Error) => {
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
})

import { once } from 'node:events'
import { relative } from 'node:path'
import { type Config, readConfig } from '../node/config.ts'
import { type LocalChain, openLocalChain } from './open-local-chain.ts'

// `npm start`: a node on an own local chain, or on the chain that RPC_URL and REGISTRIES name.

const started = performance.now()
const say = (text: string) => process.stdout.write(`${text}\n`)

async function start(): Promise<void> {
  const config = readConfig()
  // Reading the node's modules keeps one core busy while the chain starts on the other one.
  const [{ main }, chain] = await Promise.all([import('../node/main.ts'), openChain(config)])
  say('Starting the issuer node …')
  const node = await main({ config, chain })
  // Whoever reads that it runs may stop it at once.
  const stop = Promise.race([
    once(process, 'SIGINT').then(() => true),
    once(process, 'SIGTERM').then(() => true),
    ...(chain.own ? [chain.own.ended.then(() => false)] : []),
  ])
  say(describe(config, node))
  const stopped = await stop
  say(stopped ? '\nStopping: what is being answered is finished first …' : '\nThe local chain has stopped.')
  process.once('SIGINT', () => process.exit(130))
  await node.close()
  await chain.own?.close()
  if (!stopped) process.exitCode = 1
}

async function openChain(config: Config) {
  if (config.chain) {
    say(`Using the chain at RPC_URL; nothing is deployed.`)
    return { ...config.chain, own: undefined }
  }
  say(`Starting a local chain on 127.0.0.1:${config.chainPort} and deploying the registries …`)
  const own = await openLocalChain(config.chainPort)
  // a database on a server is not this machine's to move: a former one is refused, with the way out
  if (config.databaseUrl === undefined) await archiveFormerDatabase(config, own)
  return { rpcUrl: own.rpcUrl, registries: own.registries, fund: own.fund, own }
}

/** A local chain begins empty, so a database of an earlier one knows nothing that is still true. */
async function archiveFormerDatabase(config: Config, chain: LocalChain): Promise<void> {
  const { archiveDatabase } = await import('../node/stores/database-file.ts')
  try {
    const folder = await archiveDatabase(config.dataDir)
    if (!folder) return
    say('The local chain forgets everything when it stops, so this start begins with an empty one.')
    say(`The database of the former chain is in ${relative(process.cwd(), folder)}; API key and keys stay.`)
  } catch (error) {
    await chain.close()
    throw error
  }
}

type RunningNode = Awaited<ReturnType<typeof import('../node/main.ts')['main']>>

function describe(config: Config, node: RunningNode): string {
  const apiKey = node.createdAdminApiKey ?? '<your API key>'
  return [
    '',
    `Cartulary runs (${((performance.now() - started) / 1000).toFixed(1)} s).`,
    '',
    `  API           ${node.url}/api/v1     try it: ${node.url}/docs`,
    `  API key       ${describeApiKey(config, node.createdAdminApiKey)}`,
    `  Node          ${node.nodeDid}, pays from ${node.relayer}`,
    `  Chain         ${describeChain(config, node.chainId)}`,
    ...Object.entries(node.registries).map(([name, address]) => `    ${name.padEnd(28)} ${address}`),
    `  Data          ${config.dataDir}${config.databaseUrl ? ', and the database at DATABASE_URL' : ''}`,
    '',
    'Next: make an issuer,',
    '',
    `  curl -s ${node.url}/api/v1/dids -H 'Authorization: Bearer ${apiKey}' \\`,
    `    -H 'Content-Type: application/json' -d '{"method": "ethr", "keys": ["Ed25519"], "name": "My University"}'`,
    '',
    'then follow the README, or see the whole story: npm run demo. Ctrl-C stops.',
    '',
  ].join('\n')
}

function describeApiKey(config: Config, created: string | undefined): string {
  if (created) return `${created}  (shown this once: keep it)`
  return config.adminApiKey
    ? 'the one in ADMIN_API_KEY'
    : 'the one shown at the first start (lost? set ADMIN_API_KEY to a new one)'
}

function describeChain(config: Config, chainId: number): string {
  if (config.chain) return `${chainId}, at RPC_URL`
  return `${chainId}, http://127.0.0.1:${config.chainPort}; it forgets everything when it stops`
}

start().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
})

import { mkdir } from 'node:fs/promises'
import { loadAdminKey } from './access/admin-key.ts'
import { authenticate } from './access/authenticate.ts'
import type { ChainLocation } from './composition/foundation.ts'
import { migrateStorage, requireStorage } from './composition/storage.ts'
import { type Config, readConfig, requireChain, requireShared } from './config.ts'
import { openIssuer } from './issuer.ts'
import type { RegistryAddresses } from './ledger/ledger.ts'
import { authority, drain, listen } from './listening.ts'
import { secretsOf } from './log-secrets.ts'
import { createLogger, type Logger } from './logger.ts'
import { createServer } from './server.ts'
import { runUntilSignal } from './until-signal.ts'

/** How long requests still wait for their transaction when the node stops; then they are answered with 202. */
const patienceMs = 4_000

/** A node that answers. */
export interface RunningNode {
  /** Where it listens. */
  url: string
  publicUrl: string
  /** The administrator's API key, when this start has made it: it is told this once. */
  createdAdminApiKey: string | undefined
  chainId: number
  registries: RegistryAddresses
  /** Account that pays for transactions. */
  relayer: string
  nodeDid: string
  logger: Logger
  /** Ends within ten seconds; what was acknowledged is kept, what is pending goes on at the next start. */
  close(): Promise<void>
}

interface NodeInput {
  config: Config
  chain: ChainLocation
  /** False: requests alone are answered, and other processes of the same database run the jobs. */
  jobs?: boolean
}

/**
 * Starts a node on a chain: configuration, issuer, server, workers.
 *
 * @throws ConfigError, and IssuerError with CHAIN_MISMATCH when the database belongs to another chain
 */
export async function main(input: NodeInput): Promise<RunningNode> {
  const { config, chain, jobs = true } = input
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 })
  // SQLite is brought up to date when it is opened
  if (config.databaseUrl) await (jobs ? migrateStorage(config) : requireStorage(config))
  const logger = createLogger({ level: config.logLevel, secrets: secretsOf(config, chain) })
  const adminKey = await loadAdminKey(config.dataDir, config.adminApiKey)
  const opened = await openIssuer({ config, chain, logger })
  const server = await createServer({
    config,
    issuer: opened.issuer,
    authenticate: (header) => authenticate({ ...opened.authentication, adminKeyHash: adminKey.hash }, header),
    logger,
  })
  try {
    await listen(server, { host: config.host, port: config.port, variable: 'PORT' })
    await adminKey.keep()
  } catch (error) {
    await server.close()
    await opened.close()
    throw error
  }
  if (jobs) await opened.startJobs()
  return {
    url: `${config.tls ? 'https' : 'http'}://${authority(config.host, config.port)}`,
    publicUrl: config.publicUrl,
    createdAdminApiKey: adminKey.created,
    chainId: opened.ledger.chainId,
    registries: opened.ledger.registries,
    relayer: opened.ledger.relayer,
    nodeDid: opened.nodeDid,
    logger,
    close: async () => {
      const late = setTimeout(opened.stopWaiting, patienceMs)
      await drain(server).finally(() => clearTimeout(late))
      await opened.close()
    },
  }
}

// `node node/main.ts`: a node on the chain that RPC_URL and REGISTRIES name; `npm run api`: without jobs
if (import.meta.main) {
  await runUntilSignal(async () => {
    const config = readConfig()
    const jobs = process.argv[2] !== 'api'
    const node = await main({
      config,
      chain: jobs ? requireChain(config) : requireShared(config, 'npm run api'),
      jobs,
    })
    if (node.createdAdminApiKey)
      process.stdout.write(`API key, shown this once: ${node.createdAdminApiKey}\n`)
    process.stdout.write(`Cartulary answers at ${node.url}/api/v1.\n`)
    return node
  })
}

import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { loadAdminKey } from './access/admin-key.ts'
import { authenticate } from './access/authenticate.ts'
import type { ChainLocation } from './composition/foundation.ts'
import { type Config, ConfigError, readConfig } from './config.ts'
import { openIssuer } from './issuer.ts'
import type { RegistryAddresses } from './ledger/ledger.ts'
import { createLogger, type Logger } from './logger.ts'
import type { HttpServer } from './protocols/protocol.ts'
import { createServer } from './server.ts'

/** How long requests that are being answered may still take when the node stops. */
const drainMs = 7_000

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

/**
 * Starts a node on a chain: configuration, issuer, server, workers.
 *
 * @throws ConfigError, and IssuerError with CHAIN_MISMATCH when the database belongs to another chain
 */
export async function main(input: { config: Config; chain: ChainLocation }): Promise<RunningNode> {
  const { config, chain } = input
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 })
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
    await server.listen({ host: config.host, port: config.port })
    await adminKey.keep()
  } catch (error) {
    await server.close()
    await opened.close()
    throw explainListening(error, config)
  }
  await opened.startJobs()
  return {
    url: `${config.tls ? 'https' : 'http'}://${config.host.includes(':') ? `[${config.host}]` : config.host}:${config.port}`,
    publicUrl: config.publicUrl,
    createdAdminApiKey: adminKey.created,
    chainId: opened.ledger.chainId,
    registries: opened.ledger.registries,
    relayer: opened.ledger.relayer,
    nodeDid: opened.nodeDid,
    logger,
    close: async () => {
      await drain(server)
      await opened.close()
    },
  }
}

/** Names the variable to change where the address cannot be listened on. */
function explainListening(error: unknown, { host, port }: Config): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'EADDRINUSE') {
    return new ConfigError([`PORT ${port} is in use: set PORT to a free one, or stop what listens there.`])
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return new ConfigError([`HOST ${host} is no address of this machine.`])
  }
  return code === 'EACCES' ? new ConfigError([`PORT ${port} must not be used by this user.`]) : error
}

/** Takes no new requests and lets the ones being answered end, but not for ever. */
async function drain(server: HttpServer): Promise<void> {
  // a connection becomes idle when its last answer is out, and would be kept for further requests
  const sweep = setInterval(() => server.server.closeIdleConnections(), 50)
  const late = setTimeout(() => server.server.closeAllConnections(), drainMs)
  try {
    await server.close()
  } finally {
    clearInterval(sweep)
    clearTimeout(late)
  }
}

/** What must not show in a log: keys, and an RPC URL that carries one. */
function secretsOf(config: Config, { rpcUrl }: ChainLocation): string[] {
  const { username, password, pathname, search } = new URL(rpcUrl)
  const revealing = username || password || search || pathname.length > 1
  return [
    config.adminApiKey,
    config.keyEncryptionKey,
    config.relayerPrivateKey,
    config.tls?.key,
    revealing ? rpcUrl : undefined,
    ...databaseSecrets(config.databaseUrl),
  ].filter((secret) => secret !== undefined)
}

/** The URL, and its password as it is typed and as it is sent. */
function databaseSecrets(url: string | undefined): string[] {
  if (url === undefined) return []
  const { password, searchParams } = new URL(url)
  const inQuery = searchParams.get('password') ?? ''
  return [url, password, decodeURIComponent(password), inQuery].filter((text) => text !== '')
}

/** Runs a node on the chain that RPC_URL and REGISTRIES name, until a signal ends it. */
async function runFromEnvironment(): Promise<void> {
  const config = readConfig()
  if (!config.chain) {
    throw new ConfigError([
      'RPC_URL and REGISTRIES are required here; `npm start` runs an own local chain without them.',
    ])
  }
  const node = await main({ config, chain: config.chain })
  const stop = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
  if (node.createdAdminApiKey) process.stdout.write(`API key, shown this once: ${node.createdAdminApiKey}\n`)
  await stop
  await node.close()
}

if (import.meta.main) {
  runFromEnvironment().catch((error: Error) => {
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  })
}

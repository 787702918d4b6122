import { mkdir } from 'node:fs/promises'
import { authenticate } from './access/authenticate.ts'
import type { ChainLocation } from './composition/foundation.ts'
import { requireStorage } from './composition/storage.ts'
import { type Config, readConfig, requireShared } from './config.ts'
import { openIssuer } from './issuer.ts'
import { authority, drain, listen } from './listening.ts'
import { secretsOf } from './log-secrets.ts'
import { createLogger, type Logger } from './logger.ts'
import { createHealthServer } from './protocols/health-server.ts'
import { runUntilSignal } from './until-signal.ts'

/** A process that runs jobs and answers no requests. */
export interface RunningWorker {
  /** Where it tells of its health; undefined: nowhere. */
  healthUrl: string | undefined
  relayer: string
  logger: Logger
  /** Ends within ten seconds; what is pending goes on in another process, or at the next start. */
  close(): Promise<void>
}

/**
 * Starts a worker on a database that is ready.
 *
 * @throws ConfigError, and what openIssuer throws
 */
export async function startWorker(input: { config: Config; chain: ChainLocation }): Promise<RunningWorker> {
  const { config, chain } = input
  await requireStorage(config)
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 })
  const logger = createLogger({ level: config.logLevel, secrets: secretsOf(config, chain) })
  const opened = await openIssuer({ config, chain, logger })
  const { host, workerPort: port } = config
  const server =
    port === undefined
      ? undefined
      : await createHealthServer({
          ...{ checkHealth: opened.issuer.checkHealth, metrics: opened.issuer.metrics, logger },
          // the administrator's key is the API's: here a key of the database, or METRICS_TOKEN
          authenticate: (header) => authenticate({ ...opened.authentication, adminKeyHash: '' }, header),
        })
  try {
    if (server && port) await listen(server, { host, port, variable: 'WORKER_PORT' })
    await opened.startJobs()
  } catch (error) {
    await server?.close()
    await opened.close()
    throw error
  }
  return {
    healthUrl: port === undefined ? undefined : `http://${authority(host, port)}`,
    relayer: opened.ledger.relayer,
    logger,
    close: async () => {
      if (server) await drain(server)
      await opened.close()
    },
  }
}

// `npm run worker`
if (import.meta.main) {
  await runUntilSignal(async () => {
    const config = readConfig()
    const worker = await startWorker({ config, chain: requireShared(config, 'npm run worker') })
    const health = worker.healthUrl ? `, health at ${worker.healthUrl}/health/ready` : ''
    process.stdout.write(`Cartulary worker runs; it pays from ${worker.relayer}${health}.\n`)
    return worker
  })
}

import { startOwnNode } from '../own-node.ts'

// A node in a process of its own, so that the load generator does not share its event loop. Ends with its parent.

/** What the parent hears. */
export type FromNodeProcess =
  | { kind: 'ready'; url: string; adminApiKey: string; rpcUrl: string; dataDir: string }
  | { kind: 'failed'; message: string }

const tell = (message: FromNodeProcess) => process.send?.(message)

try {
  const node = await startOwnNode({
    RATE_LIMIT: '10000000',
    RATE_LIMIT_ANONYMOUS: '10000000',
    ...JSON.parse(process.argv[2] ?? '{}'),
  })
  process.once('disconnect', () => {
    node.close().catch((error: Error) => {
      process.stderr.write(`${error.message}\n`)
      process.exitCode = 1
    })
  })
  const { url, adminApiKey, rpcUrl, dataDir } = node
  tell({ kind: 'ready', url, adminApiKey, rpcUrl, dataDir })
} catch (error) {
  tell({ kind: 'failed', message: (error as Error).message })
  process.disconnect()
}

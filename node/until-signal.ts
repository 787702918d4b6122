import { once } from 'node:events'

/** After which a process that was told to stop ends, whatever still keeps it. */
const PATIENCE_MS = 9_500

/**
 * Runs what a process does until SIGINT or SIGTERM, and ends it within ten seconds: one that is starting stops as
 * soon as it runs. The second signal ends it at once.
 */
export async function runUntilSignal(start: () => Promise<{ close(): Promise<void> }>): Promise<void> {
  const signal = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
  const stopping = signal.then(() => {
    setTimeout(() => process.exit(1), PATIENCE_MS).unref()
    for (const further of ['SIGINT', 'SIGTERM']) process.once(further, () => process.exit(130))
  })
  try {
    const running = await start()
    await stopping
    await running.close()
    process.exit()
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`)
    process.exit(1)
  }
}

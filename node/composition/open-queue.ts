import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Config } from '../config.ts'
import { createInProcessQueue } from '../jobs/in-process.ts'
import { createLeases, type Leases } from '../jobs/lease.ts'
import type { Queue } from '../jobs/queue.ts'
import type { Logger } from '../logger.ts'
import { createLeaseStore } from '../stores/leases.ts'
import type { Foundation } from './foundation.ts'

interface Input {
  config: Pick<Config, 'databaseUrl' | 'queueUrl'>
  logger: Pick<Logger, 'error' | 'warn'>
}

const ASK_AGAIN_MS = 100

/**
 * The queue of a process, and the leases under which it does what one process at a time may do: none on SQLite,
 * which is one process's own. BullMQ and the drivers of its servers are loaded where QUEUE_URL is set.
 *
 * @throws QUEUE_UNAVAILABLE, DATABASE_UNAVAILABLE
 */
export async function openQueue(
  { config, logger }: Input,
  { database, meta }: Pick<Foundation, 'database' | 'meta'>,
): Promise<{ queue: Queue; leases: Leases | undefined }> {
  const leases = config.databaseUrl
    ? createLeases({
        store: createLeaseStore(database),
        onLost: (lease) => logger.warn({ lease }, 'a lease was lost or could not be renewed'),
      })
    : undefined
  const options = {
    leases,
    onError: (err: unknown, job: string) => logger.error({ err, job }, 'a job failed'),
  }
  if (config.queueUrl === undefined) return { queue: createInProcessQueue(options), leases }
  const { createBullmqQueue } = await import('../jobs/bullmq.ts')
  // drawn by chance for each database, and known to each of its processes
  const sealed = (await meta.get('sealed')) ?? ''
  const namespace = createHash('sha256').update(sealed).digest('hex').slice(0, 16)
  return { queue: await createBullmqQueue({ ...options, url: config.queueUrl, namespace }), leases }
}

/** Does what a process does when it starts, after whichever other one is doing it. */
export async function alone<T>(leases: Leases | undefined, work: () => Promise<T>): Promise<T> {
  if (!leases) return work()
  for (;;) {
    const held = await leases.hold('start', work)
    if (held) return held.result
    await pause(ASK_AGAIN_MS)
  }
}

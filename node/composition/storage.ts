import type { Config } from '../config.ts'
import { checkDatabase, openDatabase } from '../stores/database.ts'
import { databaseFile } from '../stores/database-file.ts'

type Where = Pick<Config, 'dataDir' | 'databaseUrl' | 'queueUrl'>

/**
 * Makes or updates the tables of the database and of the queue: `npm run migrate`. Several processes may do so at
 * once: one of them does it.
 *
 * @throws DATABASE_UNAVAILABLE, QUEUE_UNAVAILABLE
 */
export async function migrateStorage({ dataDir, databaseUrl, queueUrl }: Where): Promise<void> {
  const location =
    databaseUrl === undefined ? { file: databaseFile(dataDir) } : { url: databaseUrl, connections: 1 }
  await (await openDatabase(location)).destroy()
  if (queueUrl !== undefined) await (await import('../jobs/bullmq.ts')).migrateQueue(queueUrl)
}

/**
 * Whether `npm run migrate` has been run: processes of which there are several may lack the right to change tables.
 * The queue looks after its own when it is opened.
 *
 * @throws DATABASE_UNAVAILABLE
 */
export async function requireStorage({ databaseUrl }: Where): Promise<void> {
  if (databaseUrl !== undefined) await checkDatabase({ url: databaseUrl })
}

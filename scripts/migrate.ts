import { mkdir } from 'node:fs/promises'
import { migrateStorage } from '../node/composition/storage.ts'
import { readConfig } from '../node/config.ts'

// `npm run migrate`: the tables of the database and of the queue, for processes that may not change them.
try {
  const config = readConfig()
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 })
  await migrateStorage(config)
  process.stdout.write('The tables are up to date.\n')
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}

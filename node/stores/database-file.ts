import { access, mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'

const fileName = 'cartulary.db'

/** Path of the SQLite database in a data directory. */
export function databaseFile(dataDir: string): string {
  return join(dataDir, fileName)
}

/**
 * Moves a closed database, with what has not been checkpointed yet, to `archive/<time>/`: it belongs to a local
 * chain that has forgotten everything. Gives the folder, or undefined when there is no database.
 */
export async function archiveDatabase(dataDir: string, now: Date = new Date()): Promise<string | undefined> {
  const file = databaseFile(dataDir)
  if (!(await exists(file))) return undefined
  const folder = join(dataDir, 'archive', now.toISOString().replaceAll(':', '-'))
  await mkdir(folder, { recursive: true })
  for (const suffix of ['-wal', '-shm', '']) {
    if (await exists(file + suffix)) await rename(file + suffix, join(folder, fileName + suffix))
  }
  return folder
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

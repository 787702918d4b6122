import { access, mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { IssuerError } from '../errors.ts'

const fileName = 'cartulary.db'
const SQLITE_BUSY = 5

/** Path of the SQLite database in a data directory. */
export function databaseFile(dataDir: string): string {
  return join(dataDir, fileName)
}

/**
 * Moves a closed database, with what has not been checkpointed yet, to `archive/<time>/`: it belongs to a local
 * chain that has forgotten everything. Gives the folder, or undefined when there is no database.
 *
 * @throws DATABASE_UNAVAILABLE when another process has it open
 */
export async function archiveDatabase(dataDir: string, now: Date = new Date()): Promise<string | undefined> {
  const file = databaseFile(dataDir)
  if (!(await exists(file))) return undefined
  requireClosed(file)
  const folder = join(dataDir, 'archive', now.toISOString().replaceAll(':', '-'))
  await mkdir(folder, { recursive: true })
  for (const suffix of ['-wal', '-shm', '']) {
    if (await exists(file + suffix)) await rename(file + suffix, join(folder, fileName + suffix))
  }
  return folder
}

// SQLite leaves WAL mode (and writes the checkpoint) only when no other connection is open.
function requireClosed(file: string): void {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(file, { timeout: 0 })
    database.exec('PRAGMA journal_mode = DELETE')
  } catch (error) {
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) return
    throw new IssuerError('DATABASE_UNAVAILABLE', {
      detail: `Another process has ${file} open: stop that node, or set DATA_DIR to another directory.`,
      cause: error,
    })
  } finally {
    database?.close()
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

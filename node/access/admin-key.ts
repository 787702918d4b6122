import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { IssuerError } from '../errors.ts'
import { createToken, hashToken } from '../secret-token.ts'

const fileName = 'admin-api-key.sha256'

/** The key of whoever runs the node. */
export interface AdminKey {
  hash: string
  /** The key itself, when it is new; it is told once and holds after `keep`. */
  created?: string
  /** Keeps the hash of a new key for later starts. */
  keep(): Promise<void>
}

/**
 * The administrator's API key: the configured one, or one made on the first start. Only its SHA-256 is kept, in
 * a file of mode 0600 in the data directory, so that it outlives the database of a local chain. Deleting the
 * file makes a new key at the next start.
 *
 * @throws KEY_STORE_UNAVAILABLE when the file cannot be used
 */
export async function loadAdminKey(dataDir: string, configured: string | undefined): Promise<AdminKey> {
  const nothingToKeep = async () => {}
  if (configured) return { hash: hashToken(configured), keep: nothingToKeep }
  const file = join(dataDir, fileName)
  const kept = await readKept(file)
  if (kept !== undefined) return { hash: kept, keep: nothingToKeep }
  const created = createToken('ck_')
  const hash = hashToken(created)
  return { hash, created, keep: () => writeFile(file, `${hash}\n`, { mode: 0o600, flag: 'wx' }) }
}

async function readKept(file: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined
    throw new IssuerError('KEY_STORE_UNAVAILABLE', { detail: `${fileName} cannot be read.`, cause })
  })
  const hash = text?.trim()
  if (hash === undefined || /^[0-9a-f]{64}$/.test(hash)) return hash
  throw new IssuerError('KEY_STORE_UNAVAILABLE', {
    detail: `${fileName} is damaged: delete it, and the next start makes a new administrator key.`,
  })
}

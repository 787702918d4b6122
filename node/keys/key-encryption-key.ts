import { randomBytes } from 'node:crypto'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { IssuerError } from '../errors.ts'

const KEY_BYTES = 32

/**
 * The 32 bytes that encrypt every secret at rest: from a configured value (64 hex digits, or base64 or base64url),
 * else from a file of one line, which is made with mode 0600 when it does not exist.
 * @throws KEY_STORE_UNAVAILABLE when the value or file is not such a key, or others may read the file
 */
export async function keyEncryptionKey(input: {
  value?: string | undefined
  file: string
}): Promise<Uint8Array> {
  if (input.value !== undefined) return parse(input.value, 'KEY_ENCRYPTION_KEY')
  try {
    await writeFile(input.file, `${randomBytes(KEY_BYTES).toString('base64url')}\n`, {
      mode: 0o600,
      flag: 'wx',
      flush: true,
    })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw unusable('cannot be written', cause)
  }
  const { mode } = await stat(input.file)
  if (process.platform !== 'win32' && mode & 0o077) throw unusable('may be read by others: chmod 600 it')
  return parse(await readFile(input.file, 'utf8'), 'The key-encryption key file')
}

function parse(text: string, source: string): Uint8Array {
  const trimmed = text.trim()
  const key = /^[0-9a-fA-F]{64}$/.test(trimmed) ? Buffer.from(trimmed, 'hex') : Buffer.from(trimmed, 'base64')
  if (key.length !== KEY_BYTES || !/^[\w+/-]+=?$/.test(trimmed))
    throw new IssuerError('KEY_STORE_UNAVAILABLE', { detail: `${source} is not 32 bytes in hex or base64.` })
  return key
}

function unusable(why: string, cause?: unknown): IssuerError {
  return new IssuerError('KEY_STORE_UNAVAILABLE', { detail: `The key-encryption key file ${why}.`, cause })
}

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keyEncryptionKey } from '../../../node/keys/key-encryption-key.ts'

describe('keyEncryptionKey', () => {
  let folder: string
  let file: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cartulary-'))
    file = join(folder, 'key')
  })

  afterEach(() => rm(folder, { recursive: true }))

  it('reads a configured value in hex, base64 and base64url', async () => {
    const key = randomBytes(32)
    for (const form of ['hex', 'base64', 'base64url'] as const)
      assert.deepEqual(await keyEncryptionKey({ value: key.toString(form), file }), key)
    await assert.rejects(stat(file), { code: 'ENOENT' })
  })

  it('refuses a value of another length without repeating it', async () => {
    const value = randomBytes(31).toString('hex')
    await assert.rejects(keyEncryptionKey({ value, file }), (error: Error & { code: string }) => {
      assert.equal(error.code, 'KEY_STORE_UNAVAILABLE')
      return !error.message.includes(value)
    })
  })

  it('makes a file that only its owner reads, and reads it again', async () => {
    const made = await keyEncryptionKey({ file })
    assert.equal(made.length, 32)
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    assert.deepEqual(await keyEncryptionKey({ file }), made)
  })

  it('refuses a file that others may read, and one that holds no key', async () => {
    await keyEncryptionKey({ file })
    await chmod(file, 0o644)
    await assert.rejects(keyEncryptionKey({ file }), { code: 'KEY_STORE_UNAVAILABLE' })
    await chmod(file, 0o600)
    await writeFile(file, '')
    await assert.rejects(keyEncryptionKey({ file }), { code: 'KEY_STORE_UNAVAILABLE' })
  })
})

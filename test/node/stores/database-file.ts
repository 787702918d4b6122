import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { archiveDatabase, databaseFile } from '../../../node/stores/database-file.ts'

describe('archiveDatabase', () => {
  let dataDir: string

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'cartulary-archive-'))
  })

  afterEach(() => rm(dataDir, { recursive: true }))

  const open = () => {
    const database = new DatabaseSync(databaseFile(dataDir))
    database.exec('PRAGMA journal_mode = WAL; CREATE TABLE IF NOT EXISTS rows (value INTEGER)')
    return database
  }

  it('gives undefined where there is no database', async () => {
    assert.equal(await archiveDatabase(dataDir), undefined)
  })

  it('moves the database with every row to a folder named after the time', async () => {
    const database = open()
    database.exec('INSERT INTO rows VALUES (1)')
    database.close()
    const folder = await archiveDatabase(dataDir, new Date('2030-01-02T03:04:05.678Z'))
    assert.equal(folder, join(dataDir, 'archive', '2030-01-02T03-04-05.678Z'))
    assert.deepEqual(await readdir(dataDir), ['archive'])
    const archived = new DatabaseSync(databaseFile(folder))
    assert.deepEqual({ ...archived.prepare('SELECT value FROM rows').get() }, { value: 1 })
    archived.close()
  })

  it('moves a file that is no database', async () => {
    await writeFile(databaseFile(dataDir), 'not a database')
    await archiveDatabase(dataDir)
    assert.deepEqual(await readdir(dataDir), ['archive'])
  })

  it('refuses a database that another process has open', () => {
    const database = open()
    const module = new URL('../../../node/stores/database-file.ts', import.meta.url)
    const script = `import { archiveDatabase } from '${module}'
      archiveDatabase('${dataDir}').catch((error) => { console.log(error.code) })`
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
    database.close()
    assert.equal(child.stdout.trim(), 'DATABASE_UNAVAILABLE')
  })
})

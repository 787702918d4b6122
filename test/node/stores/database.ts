import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Database, isUniqueViolation, openDatabase } from '../../../node/stores/database.ts'

const row = { name: 'a', value: '1' }

describe('openDatabase', () => {
  let folder: string
  let open: Database[]

  const at = async (file = join(folder, 'node.sqlite')) => {
    const database = await openDatabase({ file })
    open.push(database)
    return database
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cartulary-'))
    open = []
  })

  afterEach(async () => {
    for (const database of open) await database.destroy()
    await rm(folder, { recursive: true })
  })

  it('keeps what was written, and migrates an existing file once', async () => {
    const first = await at()
    await first.insertInto('node_meta').values(row).execute()
    await first.destroy()
    const second = await at()
    assert.deepEqual({ ...(await second.selectFrom('node_meta').selectAll().executeTakeFirst()) }, row)
  })

  it('makes files that nobody else may read', async () => {
    await (await at()).insertInto('node_meta').values(row).execute()
    const files = await readdir(folder)
    assert.equal(files.length, 3)
    for (const file of files) assert.equal((await stat(join(folder, file))).mode & 0o077, 0, file)
  })

  it('lets transactions run one after the other and rolls back one that throws', async () => {
    const database = await at()
    await database.insertInto('node_meta').values({ name: 'n', value: '0' }).execute()
    const add = (fail: boolean) =>
      database.transaction().execute(async (trx) => {
        const { value } = await trx.selectFrom('node_meta').select('value').executeTakeFirstOrThrow()
        await new Promise(setImmediate)
        await trx
          .updateTable('node_meta')
          .set({ value: `${Number(value) + 1}` })
          .execute()
        if (fail) throw new Error('no')
      })
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => add(i % 4 === 0)))
    assert.equal(outcomes.filter((o) => o.status === 'rejected').length, 5)
    const { value } = await database.selectFrom('node_meta').select('value').executeTakeFirstOrThrow()
    assert.equal(value, '15')
  })

  it('hands out no number twice to two connections on one file', async () => {
    const pair = {
      pair_id: 'p',
      issuer_did: 'did:x',
      number: 1,
      capacity: 9,
      secret: 's',
      state: 'open',
      created_at: '2026-01-01T00:00:00.000Z',
    } as const
    const both = [await at(), await at()]
    await both[0]?.insertInto('status_pairs').values(pair).execute()
    const take = (database: Database) =>
      database
        .updateTable('status_pairs')
        .set((eb) => ({ next: eb('next', '+', 1) }))
        .returning('next')
        .executeTakeFirstOrThrow()
    const taken = await Promise.all(both.flatMap((d) => Array.from({ length: 50 }, () => take(d))))
    assert.equal(new Set(taken.map((t) => t.next)).size, 100)
  })

  it('enforces foreign keys and tells a duplicate apart', async () => {
    const database = await at(':memory:')
    await assert.rejects(
      database
        .insertInto('offers')
        .values({ token_hash: 't', credential_id: 'none', created_at: '', expires_at: '', used_at: null })
        .execute(),
      (error) => !isUniqueViolation(error),
    )
    await database.insertInto('node_meta').values(row).execute()
    await assert.rejects(database.insertInto('node_meta').values(row).execute(), isUniqueViolation)
  })

  it('leaves out the locks of rows alone, and keeps what tells equal rows apart', async () => {
    const database = await at(':memory:')
    await database
      .insertInto('node_meta')
      .values([row, { name: 'b', value: '1' }])
      .execute()
    const values = database.selectFrom('node_meta').select('value').where('name', 'in', ['a', 'b'])
    assert.equal((await values.forUpdate().skipLocked().execute()).length, 2)
    assert.equal((await values.distinct().execute()).length, 1)
  })

  it('says DATABASE_UNAVAILABLE for a file that cannot be opened', async () => {
    await assert.rejects(openDatabase({ file: join(folder, 'missing', 'x.sqlite') }), {
      code: 'DATABASE_UNAVAILABLE',
    })
  })
})

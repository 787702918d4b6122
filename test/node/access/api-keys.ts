import assert from 'node:assert/strict'
import { mkdtemp, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadAdminKey } from '../../../node/access/admin-key.ts'
import { type ApiKeyAdministration, administerApiKeys } from '../../../node/access/api-key-administration.ts'
import { authenticate } from '../../../node/access/authenticate.ts'
import { type Caller, scopes } from '../../../node/access/caller.ts'
import { createTenants, type Tenants } from '../../../node/access/tenants.ts'
import { createToken, hashToken } from '../../../node/secret-token.ts'
import { type ApiKeyStore, createApiKeyStore } from '../../../node/stores/api-keys.ts'
import { type Database, openDatabase } from '../../../node/stores/database.ts'
import { createDidStore } from '../../../node/stores/dids.ts'
import { createTenantStore } from '../../../node/stores/tenants.ts'

const admin: Caller = { keyId: 'admin', tenantId: 'default', scopes, issuers: '*' }
const [issuerA, issuerB] = ['did:ethr:0x7a69:0xaa', 'did:ethr:0x7a69:0xbb'] as const

describe('loadAdminKey', () => {
  it('makes a key once, keeps its hash alone, with mode 0600', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'admin-'))
    const first = await loadAdminKey(dataDir, undefined)
    await first.keep()
    const second = await loadAdminKey(dataDir, undefined)
    assert.match(first.created ?? '', /^ck_[\w-]{43}$/)
    assert.deepEqual([second.hash, second.created], [first.hash, undefined])
    const file = join(dataDir, 'admin-api-key.sha256')
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    assert.equal((await readFile(file, 'utf8')).trim(), hashToken(first.created as string))
  })

  it('takes the configured key and writes nothing', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'admin-'))
    const { hash, created, keep } = await loadAdminKey(dataDir, 'a configured key')
    await keep()
    assert.deepEqual([hash, created], [hashToken('a configured key'), undefined])
    await assert.rejects(stat(join(dataDir, 'admin-api-key.sha256')), { code: 'ENOENT' })
  })

  it('refuses a damaged file and says the way out', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'admin-'))
    await writeFile(join(dataDir, 'admin-api-key.sha256'), 'nonsense')
    await assert.rejects(loadAdminKey(dataDir, undefined), {
      code: 'KEY_STORE_UNAVAILABLE',
      message: /delete it/,
    })
  })
})

describe('API keys', () => {
  const adminKey = createToken('ck_')
  let database: Database
  let apiKeys: ApiKeyStore
  let tenants: Tenants
  let administration: ApiKeyAdministration

  const callerWith = (header: string | undefined) =>
    authenticate({ apiKeys, tenants, adminKeyHash: hashToken(adminKey) }, header)

  before(async () => {
    database = await openDatabase({ file: ':memory:' })
    apiKeys = createApiKeyStore(database)
    tenants = createTenants({
      tenants: createTenantStore(database),
      dids: createDidStore(database),
      now: () => new Date(),
    })
    administration = administerApiKeys({ apiKeys, tenants, now: () => new Date() })
  })
  after(() => database.destroy())

  it('knows the administrator', async () => {
    assert.deepEqual(await callerWith(`Bearer ${adminKey}`), admin)
    assert.deepEqual(await callerWith(`bearer ${adminKey}`), admin)
  })

  it('knows a key that was made, and keeps its hash alone', async () => {
    const { key, record } = await administration.create(admin, {
      name: 'clerk',
      scopes: ['credentials:issue', 'credentials:issue'],
      issuers: [issuerA],
    })
    assert.match(key, /^ck_[\w-]{43}$/)
    assert.deepEqual(await callerWith(`Bearer ${key}`), {
      keyId: record.id,
      tenantId: 'default',
      scopes: ['credentials:issue'],
      issuers: [issuerA],
    })
    const rows = await database.selectFrom('api_keys').selectAll().execute()
    assert.ok(!JSON.stringify(rows).includes(key.slice(3)))
  })

  it('knows nobody else', async () => {
    const headers = [undefined, '', 'Bearer', 'Bearer ', `Basic ${adminKey}`, `Bearer ${adminKey}x`]
    for (const header of [...headers, `Bearer ${createToken('ck_')}`, `Bearer ${'x'.repeat(100_000)}`]) {
      assert.equal(await callerWith(header), undefined)
    }
  })

  it('looks for a key that is nearly one by its digest alone, as for any other', async () => {
    const { key } = await administration.create(admin, { name: 'x', scopes: ['dids:read'], issuers: '*' })
    const asked: string[] = []
    const findByHash: ApiKeyStore['findByHash'] = (hash) => {
      asked.push(hash)
      return apiKeys.findByHash(hash)
    }
    const misses = [key.slice(0, -1), `${key}A`, key.toUpperCase(), adminKey.slice(0, -1), createToken('ck_')]
    for (const miss of misses) {
      const deps = { apiKeys: { findByHash }, tenants, adminKeyHash: hashToken(adminKey) }
      assert.equal(await authenticate(deps, `Bearer ${miss}`), undefined)
    }
    assert.deepEqual(asked, misses.map(hashToken))
  })

  it('forgets a revoked key at once', async () => {
    const { key, record } = await administration.create(admin, {
      name: 'x',
      scopes: ['dids:read'],
      issuers: '*',
    })
    await administration.revoke(admin, record.id)
    assert.equal(await callerWith(`Bearer ${key}`), undefined)
    await assert.rejects(administration.revoke(admin, record.id), { code: 'API_KEY_NOT_FOUND' })
    await assert.rejects(administration.require(admin, record.id), { code: 'API_KEY_NOT_FOUND' })
  })

  describe('made by a bound key', () => {
    const bound: Caller = {
      keyId: 'b',
      tenantId: 'default',
      scopes: ['keys:admin', 'credentials:read'],
      issuers: [issuerA],
    }

    it('give no more scopes and no more issuers than that key has', async () => {
      const refused = [
        { name: 'x', scopes: ['credentials:issue'], issuers: [issuerA] },
        { name: 'x', scopes: ['credentials:read'], issuers: [issuerA, issuerB] },
        { name: 'x', scopes: ['credentials:read'], issuers: '*' },
      ] as const
      for (const request of refused) {
        await assert.rejects(administration.create(bound, request), { code: 'FORBIDDEN' })
      }
      await administration.create(bound, { name: 'x', scopes: ['credentials:read'], issuers: [issuerA] })
    })

    it('are all that key can see or revoke', async () => {
      const other = await administration.create(admin, {
        name: 'y',
        scopes: ['dids:read'],
        issuers: [issuerB],
      })
      const seen = await administration.list(bound)
      assert.ok(seen.length > 0)
      assert.ok(seen.every(({ issuers }) => issuers !== '*' && issuers.join() === issuerA))
      await assert.rejects(administration.revoke(bound, other.record.id), { code: 'API_KEY_NOT_FOUND' })
    })
  })
})

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import type { CredentialTerms } from '../../../node/stores/credential-terms.ts'
import {
  createCredentialStore,
  type NewCredentialRow,
  readSecured,
} from '../../../node/stores/credentials.ts'
import { type Database, openDatabase } from '../../../node/stores/database.ts'
import { createRecallStore, type RecallRow } from '../../../node/stores/recalls.ts'
import { describeOnStacks, type FreshDatabase } from '../../stacks.ts'
import { credentialTerms } from './credential-rows.ts'

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString()

const terms = [0, 1].map((n) => credentialTerms({ issuer_did: `did:x:${n}`, revocable: 0 }))

const rowOf = (n: number): NewCredentialRow => ({
  terms: terms[n % 2] as CredentialTerms,
  credential_id: `urn:uuid:${String(n).padStart(3, '0')}`,
  type: 'T',
  holder_did: `did:h:${n % 3}`,
  secured: n % 2 ? '{"id":"x"}' : 'a.b.c',
  digest: '0x',
  // some of the same time
  issued_at: at(Math.floor(n / 4)),
  expires_at: null,
  status: n % 5 ? 'valid' : 'revoked',
  entry: undefined,
})

describeOnStacks('the credential store', (stack) => {
  let fresh: FreshDatabase
  let database: Database
  let store: ReturnType<typeof createCredentialStore>
  const rows = Array.from({ length: 250 }, (_, n) => rowOf(n))
  const pause = async () => {}

  before(async () => {
    fresh = await stack.create()
    database = await openDatabase(fresh.location)
    store = createCredentialStore(database)
    await store.insert({ rows, pause })
  })

  after(async () => {
    await database?.destroy()
    await fresh?.drop()
  })

  it('writes nothing when an id is there already, and says so', async () => {
    const outbox = { id: 'outbox', job: 'job', payload: '{}', due_at: at(0) }
    // of one statement, and of several
    for (const others of [1, 1_200]) {
      const fresh = Array.from({ length: others }, (_, n) => rowOf(10_000 + n))
      const repeated = [...fresh, rowOf(3)]
      await assert.rejects(store.insert({ rows: repeated, outbox, pause }), {
        code: 'CREDENTIAL_ALREADY_EXISTS',
        facts: { credentialId: rowOf(3).credential_id },
      })
      for (const { credential_id } of fresh) assert.equal(await store.get(credential_id), undefined)
    }
    assert.deepEqual(await database.selectFrom('outbox').selectAll().execute(), [])
  })

  const all = async (question: Omit<Parameters<typeof store.list>[0], 'limit' | 'tenantId'>) => {
    const ids: string[] = []
    let cursor: string | undefined
    do {
      const page = await store.list({ tenantId: 'default', ...question, limit: 7, cursor })
      ids.push(...page.items.map((row) => row.credential_id))
      cursor = page.nextCursor ?? undefined
    } while (cursor)
    return ids
  }

  it('pages through all of them, newest first, none twice', async () => {
    const expected = rows.map((row) => row.credential_id).reverse()
    assert.deepEqual(await all({}), expected)
  })

  it('keeps its place while others are added', async () => {
    const first = await store.list({ tenantId: 'default', limit: 10 })
    await store.insert({ rows: [{ ...rowOf(999), issued_at: at(9_999) }], pause })
    const second = await store.list({ tenantId: 'default', limit: 10, cursor: first.nextCursor ?? undefined })
    assert.equal(second.items[0]?.credential_id, 'urn:uuid:239')
    await database.deleteFrom('credentials').where('credential_id', '=', 'urn:uuid:999').execute()
  })

  it('filters by issuer, holder, schema, status and what the caller may see', async () => {
    const count = (keep: (row: NewCredentialRow) => boolean) => rows.filter(keep).length
    assert.equal(
      (await all({ issuerDid: 'did:x:1' })).length,
      count((r) => r.terms.issuer_did === 'did:x:1'),
    )
    assert.equal(
      (await all({ holderDid: 'did:h:2' })).length,
      count((r) => r.holder_did === 'did:h:2'),
    )
    assert.equal((await all({ schemaId: 'other' })).length, 0)
    assert.equal(
      (await all({ status: 'revoked', issuers: ['did:x:0'] })).length,
      count((r) => r.status === 'revoked' && r.terms.issuer_did === 'did:x:0'),
    )
    assert.deepEqual(
      await all({ issuers: ['did:x:1', 'did:x:0', 'did:x:1', 'did:x:none'] }),
      rows.map((row) => row.credential_id).reverse(),
    )
    assert.equal(
      (await all({ status: 'revoked', issuers: ['did:x:0', 'did:x:1'] })).length,
      count((r) => r.status === 'revoked'),
    )
    assert.equal((await all({ status: 'suspended' })).length, 0)
    assert.deepEqual(await all({ issuers: [] }), [])
    assert.deepEqual(await all({ issuers: ['did:x:0'], issuerDid: 'did:x:1' }), [])
  })

  it('lists those of one issuer in their order, however many schemas and keys there are', async () => {
    const key = 'did:x:many#key'
    const many = Array.from({ length: 230 }, (_, n) => ({
      ...rowOf(1_000 + n),
      // each in terms of its own, in another order than that of time
      terms: credentialTerms({
        ...{ issuer_did: 'did:x:many', schema_id: `schema ${(n * 37) % 230}`, revocable: 0 },
        ...(n % 2 && { verification_method: key }),
      }),
      status: 'valid' as const,
    }))
    await store.insert({ rows: many, pause })
    const ids = many.map(({ credential_id }) => credential_id)
    assert.deepEqual(await all({ issuerDid: 'did:x:many' }), ids.toReversed())
    assert.deepEqual(await all({ issuerDid: 'did:x:many', schemaId: 'schema 37' }), [ids[1]])
    assert.deepEqual(
      await all({ issuerDid: 'did:x:many', holderDid: 'did:h:2' }),
      ids.filter((_, n) => (1_000 + n) % 3 === 2).toReversed(),
    )
    const signed = ids.filter((_, n) => n % 2 === 1)
    assert.deepEqual(await all({ verificationMethod: key }), signed.toReversed())
    const recalls = createRecallStore(database)
    const question = { verification_method: key, since: at(0) }
    assert.equal(await recalls.count(question), signed.length)
    const found: string[] = []
    let after: { after_time: string | null; after_id: string | null } = { after_time: null, after_id: null }
    for (;;) {
      const next = await recalls.next({ ...question, ...after } as RecallRow, 20)
      const last = next.at(-1)
      if (!last) break
      found.push(...next.map(({ credential_id }) => credential_id))
      after = { after_time: last.issued_at, after_id: last.credential_id }
    }
    assert.deepEqual(found, signed)
    await database.deleteFrom('credentials').where('credential_id', 'in', ids).execute()
  })

  it('refuses a cursor that is none', async () => {
    // also of those that have issued nothing
    for (const which of [
      {},
      { issuerDid: 'did:x:1' },
      { issuerDid: 'did:x:none' },
      { holderDid: 'did:h:none' },
    ])
      await assert.rejects(store.list({ tenantId: 'default', ...which, limit: 1, cursor: 'garbage' }), {
        code: 'MALFORMED_REQUEST',
      })
  })

  it('writes all or none', async () => {
    const twice = [rowOf(500), rowOf(0)]
    await assert.rejects(store.insert({ rows: twice, pause }))
    assert.equal(await store.get('urn:uuid:500'), undefined)
  })

  it('gives any text back as it was', async () => {
    const special = fc.constantFrom(
      '\\',
      '\t',
      '\n',
      '\r',
      '\\.',
      '\\N',
      '\\x41',
      '\\101',
      '"',
      "'",
      ',',
      '\u2028',
      '𝄞',
    )
    const kept = fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed() && !text.includes('\0'))
    const text = fc.array(fc.oneof(special, kept), { maxLength: 8 }).map((parts) => parts.join(''))
    const texts = fc.array(fc.record({ holder_did: text, secured: text, expires_at: fc.option(text) }), {
      minLength: 1,
      maxLength: 30,
    })
    await fc.assert(
      fc.asyncProperty(texts, async (written) => {
        const inserted = written.map((own) => ({ ...rowOf(0), ...own, credential_id: randomUUID() }))
        await store.insert({ rows: inserted, pause })
        const ids = inserted.map(({ credential_id }) => credential_id)
        const found = await database
          .selectFrom('credentials')
          .selectAll()
          .where('credential_id', 'in', ids)
          .execute()
        const byId = new Map(found.map((row) => [row.credential_id, row]))
        for (const { credential_id, holder_did, secured, expires_at } of inserted) {
          const row = byId.get(credential_id)
          assert.deepEqual(
            [row?.holder_did, row?.secured, row?.expires_at],
            [holder_did, secured, expires_at],
          )
        }
        await database.deleteFrom('credentials').where('credential_id', 'in', ids).execute()
      }),
    )
  })

  it('gives JSON and tokens back as they were', async () => {
    assert.deepEqual(readSecured((await store.get('urn:uuid:001'))!), { id: 'x' })
    assert.equal(readSecured((await store.get('urn:uuid:000'))!), 'a.b.c')
  })
})

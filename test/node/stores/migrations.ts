import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { Kysely, sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import type { CredentialTerms } from '../../../node/stores/credential-terms.ts'
import { createCredentialStore } from '../../../node/stores/credentials.ts'
import { type Database, type DatabaseLocation, openDatabase } from '../../../node/stores/database.ts'
import { createDidImportStore } from '../../../node/stores/did-imports.ts'
import { createDidStore } from '../../../node/stores/dids.ts'
import { migrations } from '../../../node/stores/migrations/index.ts'
import { createOutboxStore } from '../../../node/stores/outbox.ts'
import { postgresDialect } from '../../../node/stores/postgres.ts'
import { createRegistrationStore } from '../../../node/stores/registrations.ts'
import { sqliteDialect } from '../../../node/stores/sqlite.ts'
import { checkGroups } from '../../registration-groups.ts'
import { describeOnStacks, stacks } from '../../stacks.ts'

const at = '2026-01-01T00:00:00.000Z'
const registered = ['a', 'b', 'c']
const waiting = ['d']
const plain = ['e']

/** What a node of an earlier version left. */
async function fill(db: Kysely<unknown>): Promise<void> {
  await sql`insert into status_pairs (pair_id, issuer_did, number, capacity, next, secret, state, created_at)
    values ('p', 'did:x', 1, 131072, 4, 's', 'open', ${at})`.execute(db)
  await sql`insert into status_lists (status_list_id, pair_id, key, issuer_did, purpose, registered)
    values ('l', 'p', 'k', 'did:x', 'revocation', 3)`.execute(db)
  await sql`insert into status_lists (status_list_id, pair_id, key, issuer_did, purpose, registered)
    values ('m', 'p', 'k2', 'did:x', 'suspension', 0)`.execute(db)
  await sql`insert into anchors (anchor_id, created_at) values ('n', ${at})`.execute(db)
  await sql`insert into registrations (registration_id, anchor_id, status_list_id, first, count, state, transaction_hash)
    values ('r', 'n', 'l', 0, 3, 'registered', '0x1')`.execute(db)
  for (const [index, id] of [...registered, ...waiting, ...plain].entries()) {
    const list = plain.includes(id) ? null : 'l'
    const suspension = id === 'b' ? 'm' : null
    const key = id === 'c' ? null : 'did:x#key'
    await sql`insert into credentials (credential_id, issuer_did, holder_did, schema_id, type, proof_type, data_model,
        format, secured, digest, issued_at, status, status_list_id, revocation_list_id, suspension_list_id,
        status_index, status_position, verification_method, registration_id)
      values (${id}, 'did:x', 'did:h', 's', 'T', 'p', '2.0', 'f', '{}', '0x', ${at}, 'valid', ${list}, ${list}, ${suspension},
        ${list && index}, ${list && index}, ${key}, ${registered.includes(id) ? 'r' : null})`.execute(db)
  }
}

/** Registrations in every state, and what waits, of two lists. */
async function fillRegistrations(db: Kysely<unknown>): Promise<void> {
  await sql`insert into status_pairs (pair_id, issuer_did, number, capacity, next, secret, state, created_at)
    values ('p', 'did:x', 1, 131072, 7, 's', 'open', ${at})`.execute(db)
  for (const list of ['l', 'm'])
    await sql`insert into status_lists (status_list_id, pair_id, key, issuer_did, purpose, registered)
      values (${list}, 'p', ${list}, 'did:x', ${list === 'l' ? 'revocation' : 'suspension'}, 0)`.execute(db)
  await sql`insert into anchors (anchor_id, open, created_at) values ('n', 1, ${at})`.execute(db)
  for (const [registration, list, state, count] of [
    ['r', 'l', 'registered', 2],
    ['t', 'l', 'refused', 1],
    ['s', 'm', 'open', 1],
  ])
    await sql`insert into registrations (registration_id, anchor_id, status_list_id, first, count, state)
      values (${registration}, 'n', ${list}, 0, ${count}, ${state})`.execute(db)
  for (const [n, [list, registration]] of [
    ...[['l', 'r'] as const, ['l', 'r'] as const, ['l', 't'] as const, ['m', 's'] as const],
    ...[['l', null] as const, ['m', null] as const, ['m', null] as const],
  ].entries())
    await writeEntry(db, n, list, registration)
}

const writeEntry = (db: Kysely<unknown>, n: number, list: string, registration: string | null) =>
  sql`insert into registration_entries (credential_id, status_list_id, status_index, status_position, registration_id)
    values (${`c${n}`}, ${list}, ${n}, ${n % 2 ? n : null}, ${registration})`.execute(db)

const groupsOf = async (database: Database) =>
  (await database.selectFrom('registration_groups').selectAll().orderBy('group_id').execute()).map(
    ({ status_list_id: list, registration_id: registration, count }) => [list, registration, count],
  )

/** A DID whose owner has put one of the keys onto the ledger, of two that the node has made, and one that has all. */
async function fillDids(db: Kysely<unknown>): Promise<void> {
  for (const state of ['pending', 'active']) {
    await sql`insert into dids (did, method, name, state, origin, tenant_id, created_at, updated_at)
      values (${state}, 'ethr', 'Safe', ${state}, 'imported', 'a', ${at}, ${at})`.execute(db)
    for (const [type, shown] of [
      ['Ed25519', 'pending'],
      ['Ed25519', 'active'],
      ['P-256', 'pending'],
      ['P-256', 'rotated'],
    ]) {
      const key = `${state} ${type} ${shown}`
      await sql`insert into keys (key_ref, type, public_key, wrapped, created_at)
        values (${key}, ${type}, 'p', 'w', ${at})`.execute(db)
      await sql`insert into did_keys (verification_method, did, type, key_ref, state, created_at)
        values (${key}, ${state}, ${type}, ${key}, ${shown}, ${at})`.execute(db)
    }
  }
}

/** A credential that is issued after all this. */
const newOf = (terms: CredentialTerms) => ({
  ...{
    terms,
    credential_id: randomUUID(),
    type: 'T',
    holder_did: 'did:h',
    secured: '{}',
    digest: '0x',
    expires_at: null,
  },
  ...{ issued_at: '2026-02-01T00:00:00.000Z', status: 'valid' as const, entry: undefined },
})

async function migratedTo(name: string, location: DatabaseLocation): Promise<Kysely<unknown>> {
  const dialect = 'file' in location ? sqliteDialect(location.file) : postgresDialect(location)
  const db = new Kysely<unknown>({ dialect })
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
  const { error } = await migrator.migrateTo(name)
  assert.equal(error, undefined)
  return db
}

describeOnStacks(
  'the tables of an earlier version',
  (stack) => {
    it('keep what is registered, what waits for it and what has no entry', async () => {
      const { location, drop } = await stack.create()
      try {
        const before = await migratedTo('020-rate-counts', location)
        await fill(before)
        await before.destroy()
        const database = await openDatabase(location)
        const credentials = createCredentialStore(database)
        const { items } = await credentials.list({ tenantId: 'default', limit: 10 })
        assert.deepEqual(
          items.map((row) => [row.credential_id, row.registration_id, row.transaction_hash]).reverse(),
          [
            ...registered.map((id) => [id, 'r', '0x1']),
            ...[...waiting, ...plain].map((id) => [id, null, null]),
          ],
        )
        assert.deepEqual(
          items.map((row) => [row.revocation_list_id, row.suspension_list_id, row.status_index]).reverse(),
          [
            ...['l', 'l', 'l', 'l'].map((list, index) => [list, index === 1 ? 'm' : null, index]),
            [null, null, null],
          ],
        )
        const signed = await credentials.list({
          tenantId: 'default',
          limit: 10,
          verificationMethod: 'did:x#key',
        })
        assert.deepEqual(signed.items.map((row) => row.credential_id).reverse(), ['a', 'b', 'd', 'e'])
        // the same way of issuing finds its terms again
        const terms = await database.selectFrom('credential_terms').selectAll().execute()
        assert.equal(terms.length, 4)
        for (const { terms_id: _, ...own } of terms)
          await credentials.insert({ rows: [newOf(own)], pause: () => undefined })
        assert.equal((await database.selectFrom('credential_terms').selectAll().execute()).length, 4)
        await database.deleteFrom('credentials').where('issued_at', '>', at).execute()
        const registrations = createRegistrationStore(database)
        const entries = await registrations.entries('r')
        assert.deepEqual(
          entries.map(({ credential_id }) => credential_id),
          registered,
        )
        const outbox = { id: 'o', job: 'j', payload: '{}', due_at: at }
        await database.insertInto('outbox').values(outbox).execute()
        const claim = { anchorId: 'n2', job: 'j', now: at, maxLists: 9, newId: () => 'r2' }
        assert.ok(await registrations.claim(claim))
        const [claimed, ...others] = await registrations.openRegistrations('n2')
        assert.deepEqual([claimed?.status_list_id, claimed?.first, claimed?.count, others], ['l', 3, 1, []])
        const left = await registrations.entries('r2')
        assert.deepEqual(
          left.map(({ credential_id }) => credential_id),
          waiting,
        )
        await database.destroy()
      } finally {
        await drop()
      }
    })

    it('keep what each registration holds, and what a process of that version still writes', async () => {
      const { location, drop } = await stack.create()
      try {
        const before = await migratedTo('025-outbox-lanes', location)
        await fillRegistrations(before)
        const isWaiting = async () => {
          if ('file' in location) return true
          const { rows } = await sql`select pid from pg_stat_activity
            where datname = current_database() and wait_event_type = 'Lock'`.execute(before)
          return rows.length > 0
        }
        const late = Promise.withResolvers<void>()
        const written = Promise.withResolvers<void>()
        const writing = before.transaction().execute(async (trx) => {
          await writeEntry(trx, 7, 'l', null)
          written.resolve()
          await late.promise
        })
        await written.promise
        const opening = openDatabase(location)
        while (!(await isWaiting())) await new Promise(setImmediate)
        late.resolve()
        await writing
        await before.destroy()
        const database = await opening
        await checkGroups(database)
        assert.deepEqual(await groupsOf(database), [
          ['l', null, 2],
          ['m', null, 2],
          ['l', 'r', 2],
          ['m', 's', 1],
          ['l', 't', 1],
        ])
        const { rows: timeless } = await sql`select group_id from registration_groups
          where registration_id is null and recorded_at is null`.execute(database)
        assert.deepEqual(timeless, [])
        await database.destroy()
      } finally {
        await drop()
      }
    })

    it('keep what is to be done, which is taken in the lane of nobody', async () => {
      const { location, drop } = await stack.create()
      try {
        const before = await migratedTo('023-did-imports', location)
        await sql`insert into outbox (id, job, payload, due_at) values ('a', 'j', '{}', ${at})`.execute(
          before,
        )
        await before.destroy()
        const database = await openDatabase(location)
        const claim = { job: 'j', now: at, until: '2026-01-02T00:00:00.000Z', limit: 8 }
        const rows = await createOutboxStore(database).claimDue(claim)
        assert.deepEqual(
          rows.map(({ id, lane }) => [id, lane]),
          [['a', '']],
        )
        await database.destroy()
      } finally {
        await drop()
      }
    })

    it('keep the keys of a DID that waits for its owner, for the tenant that wants it', async () => {
      const { location, drop } = await stack.create()
      try {
        const before = await migratedTo('022-credential-terms', location)
        await fillDids(before)
        await before.destroy()
        const database = await openDatabase(location)
        const imports = createDidImportStore(database)
        const keys = await imports.keys({ did: 'pending', tenantId: 'a' })
        assert.deepEqual(
          keys.map(({ type, keyRef }) => [type, keyRef]),
          [
            ['Ed25519', 'pending Ed25519 active'],
            ['P-256', 'pending P-256 pending'],
          ],
        )
        const { items } = await createDidStore(database).list({ tenantId: 'a', limit: 10 })
        assert.deepEqual(
          items.map(({ did, state, name, keys, createdAt }) => [did, state, name, keys.length, createdAt]),
          [
            ['pending', 'pending', 'Safe', 0, at],
            ['active', 'active', 'Safe', 1, at],
          ],
        )
        assert.equal(await createDidStore(database).get('pending'), undefined)
        await database.destroy()
      } finally {
        await drop()
      }
    })
  },
  stacks,
)

import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { sql } from 'kysely'
import type { CredentialTerms } from '../../node/stores/credential-terms.ts'
import {
  type CredentialQuestion,
  createCredentialStore,
  type NewCredentialRow,
} from '../../node/stores/credentials.ts'
import { type Database, type DatabaseLocation, openDatabase } from '../../node/stores/database.ts'
import { readDepths } from '../../node/stores/depths.ts'
import { createRegistrationStore } from '../../node/stores/registrations.ts'
import { createStatusChangeStore } from '../../node/stores/status-changes.ts'

// `node scripts/bench/stored.ts [postgres://…/empty_database]`: what each question to the database takes with 10,000
// stored credentials and with 1,000,000, on SQLite, or on the empty PostgreSQL database that is named. `--plans`
// shows how PostgreSQL answers.

const { values: flags, positionals } = parseArgs({
  options: { plans: { type: 'boolean' }, large: { type: 'string', default: '1000000' } },
  allowPositionals: true,
})
const sizes = [10_000, Number(flags.large)]
const issuers = 20
const tenantId = 'default'
const at = '2026-06-01T00:00:00.000Z'
const rare = 'did:x:rare'

/** Issuers in turn, a holder of each tenth, one in 100 revoked, one in 1,000 suspended; registered by the thousand. */
async function fill(database: Database, isPostgres: boolean, from: number, to: number): Promise<void> {
  const text = (value: string) =>
    isPostgres ? sql.raw(`(${value})::text`) : sql.raw(`cast(${value} as text)`)
  const series = isPostgres
    ? sql`select i from generate_series(${sql.lit(from)}, ${sql.lit(to - 1)}) as s(i)`
    : sql`with recursive s(i) as (select ${sql.lit(from)} union all select i + 1 from s where i < ${sql.lit(to - 1)}) select i from s`
  const time = (scale: string) =>
    isPostgres
      ? sql.raw(`to_char(timestamp '2025-01-01' + i * interval '${scale}', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`)
      : sql.raw(`strftime('%Y-%m-%dT%H:%M:%fZ', '2025-01-01', i || ' seconds')`)
  const lists = sql`select i / 131072 as list from (${series}) as s where i % 131072 = 0 or i = ${sql.lit(from)} group by i / 131072`
  await sql`insert into status_pairs (pair_id, issuer_did, number, capacity, next, secret, state, created_at)
    select 'pair' || ${text('list')}, 'did:x:bench', list + 1, 131072, 131072, 's', 'open', ${at} from (${lists}) as l where true
    on conflict do nothing`.execute(database)
  await sql`insert into status_lists (status_list_id, pair_id, key, issuer_did, purpose, registered)
    select 'list' || ${text('list')}, 'pair' || ${text('list')}, 'key' || ${text('list')}, 'did:x:bench', 'revocation', 0 from (${lists}) as l where true
    on conflict do nothing`.execute(database)
  await sql`insert into anchors (anchor_id, open, created_at) select 'anchor' || ${text('i / 1000')}, null, ${at}
    from (${series}) as s where i % 1000 = 0`.execute(database)
  await sql`insert into registrations (registration_id, anchor_id, status_list_id, first, count, state, root, transaction_hash, block_number)
    select 'registration' || ${text('i / 1000')}, 'anchor' || ${text('i / 1000')}, 'list' || ${text('i / 131072')}, i % 131072, 1000, 'registered', '0x', '0x', i
    from (${series}) as s where i % 1000 = 0`.execute(database)
  await sql`insert into registration_groups (group_id, status_list_id, count, registration_id)
    select registration_id, status_list_id, count, registration_id from registrations where true
    on conflict do nothing`.execute(database)
  // issuers have two schemas each: as many terms as the least common multiple of 20 and 10
  await sql`insert into credential_terms (terms_id, tenant_id, issuer_did, schema_id, proof_type, data_model, format,
      verification_method, revocable, suspendable)
    select 'terms' || ${text(`i % ${issuers}`)}, 'default', 'did:x:' || ${text(`i % ${issuers}`)}, 'schema:' || ${text('i % 10')},
      'eddsa-jcs-2022', '2.0', 'f', 'did:x:' || ${text(`i % ${issuers}`)} || '#key', 1, 0
    from (${series}) as s where i < ${sql.lit(issuers)}`.execute(database)
  await sql`insert into credentials (credential_id, tenant_id, terms_id, type, holder_did, secured, digest, issued_at, status)
    select 'urn:uuid:' || ${text('(i * 1999) % 100000007')} || '-' || ${text('i')}, 'default', 'terms' || ${text(`i % ${issuers}`)}, 'T',
      'did:h:' || ${text('i / 10')}, '{"credential":"' || ${sql.raw(`'${'x'.repeat(800)}'`)} || '"}', '0x' || ${text('i')}, ${time('1 second')},
      case when i % 100 = 7 then 'revoked' when i % 1000 = 8 then 'suspended' else 'valid' end
    from (${series}) as s`.execute(database)
  await sql`insert into registration_entries (credential_id, status_list_id, status_index, status_position, group_id)
    select 'urn:uuid:' || ${text('(i * 1999) % 100000007')} || '-' || ${text('i')}, 'list' || ${text('i / 131072')}, i % 131072, i % 131072,
      'registration' || ${text('i / 1000')}
    from (${series}) as s`.execute(database)
  await sql`insert into status_changes (id, credential_id, action, state, at)
    select 'change' || credential_id, credential_id, 'revoke', 'done', ${at} from credentials
    where status = 'revoked' and issued_at >= (select ${time('1 second')} from (select ${sql.lit(from)} as i) as s)`.execute(
    database,
  )
}

const terms: CredentialTerms = {
  ...{ tenant_id: 'default', issuer_did: 'did:x:1', schema_id: 'schema:1' },
  ...{ proof_type: 'eddsa-jcs-2022', data_model: '2.0', format: 'f', verification_method: null },
  ...{ revocable: 1, suspendable: 0 },
}

function rowOf(index: number): NewCredentialRow {
  return {
    terms,
    credential_id: `urn:uuid:${randomUUID()}`,
    type: 'T',
    holder_did: 'did:h:new',
    secured: `{"credential":"${'x'.repeat(800)}"}`,
    ...{ digest: '0x', issued_at: at, expires_at: null, status: 'valid' },
    entry: { status_list_id: 'new', status_index: index, status_position: index },
  }
}

async function prepareWrites(database: Database): Promise<void> {
  const pair = sql`'new', 'did:x:new', 1, 131072, 0, 's', 'open', ${at}`
  await sql`insert into status_pairs (pair_id, issuer_did, number, capacity, next, secret, state, created_at) values (${pair}) on conflict do nothing`.execute(
    database,
  )
  await sql`insert into status_lists (status_list_id, pair_id, key, issuer_did, purpose) values ('new', 'new', 'new', 'did:x:new', 'revocation') on conflict do nothing`.execute(
    database,
  )
}

let index = 0
const pause = async () => {}

type Question = [name: string, ask: () => Promise<unknown>, repetitions: number]

/** Every question, with how often it is asked. */
async function questions(database: Database): Promise<Question[]> {
  const credentials = createCredentialStore(database)
  const registrations = createRegistrationStore(database)
  const changes = createStatusChangeStore(database)
  const page = (question: Partial<CredentialQuestion>) => () =>
    credentials.list({ tenantId, limit: 50, ...question })
  const some = (await credentials.list({ tenantId, limit: 200 })).items.map((row) => row.credential_id)
  const middle = Buffer.from('2025-01-01T01:00:00.000Z x').toString('base64url')
  const insert = () =>
    credentials.insert({ rows: Array.from({ length: 1_000 }, () => rowOf(index++)), pause })
  const claim = async () => {
    const outbox = { id: randomUUID(), job: 'anchor', payload: '{}', due_at: at }
    await database.insertInto('outbox').values(outbox).execute()
    const anchor = await registrations.claim({
      ...{ anchorId: randomUUID(), job: 'anchor', now: at, maxLists: 16, newId: randomUUID },
    })
    const open = anchor ? await registrations.openRegistrations(anchor.anchor_id) : []
    await database.updateTable('anchors').set({ open: null }).where('open', '=', 1).execute()
    await database
      .updateTable('registrations')
      .set({ state: 'refused' })
      .where('state', '=', 'open')
      .execute()
    return open
  }
  return [
    ['insert of 1,000', insert, 5],
    ['claim of what is unregistered', claim, 1],
    ['by id', () => credentials.get(some[3] as string), 200],
    ['100 by id', () => credentials.getMany(some.slice(0, 100)), 40],
    ['page, newest', page({}), 40],
    ['page, from the middle', page({ cursor: middle }), 40],
    ['page of an issuer', page({ issuerDid: 'did:x:3' }), 40],
    ['page of an issuer without any', page({ issuerDid: rare }), 40],
    ['page of two issuers', page({ issuers: ['did:x:3', 'did:x:4'] }), 40],
    ['page of two issuers without any', page({ issuers: [rare, 'did:x:none'] }), 40],
    ['page of a holder', page({ holderDid: 'did:h:77' }), 40],
    ['page of a holder and a schema', page({ holderDid: 'did:h:77', schemaId: 'schema:3' }), 40],
    ['page of a schema', page({ schemaId: 'schema:3' }), 40],
    ['page of a schema without any', page({ schemaId: 'schema:none' }), 40],
    ['page of an issuer and a schema', page({ issuerDid: 'did:x:3', schemaId: 'schema:3' }), 40],
    ['page of an issuer and a schema without any', page({ issuerDid: 'did:x:3', schemaId: 'schema:4' }), 10],
    ['page of the revoked', page({ status: 'revoked' }), 40],
    ['page of the suspended', page({ status: 'suspended' }), 40],
    ['page of the suspended of an issuer', page({ status: 'suspended', issuerDid: 'did:x:3' }), 10],
    ['page of a key', page({ verificationMethod: 'did:x:3#key' }), 40],
    ['open changes of 100', () => changes.listOpen({ credentialIds: some.slice(0, 100) }), 40],
    ['open changes', () => changes.listOpen({ before: at }), 40],
    ['open anchor', () => registrations.openAnchor(new Date().toISOString()), 40],
    ['entries of a registration', () => registrations.entries('registration3'), 10],
    ['what waits', () => readDepths(database), 40],
    ['registration of a credential', () => registrations.get('registration3'), 40],
  ]
}

async function median(ask: () => Promise<unknown>, repetitions: number): Promise<number> {
  const times: number[] = []
  for (let turn = 0; turn < repetitions; turn++) {
    const started = performance.now()
    await ask()
    times.push(performance.now() - started)
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] as number
}

async function measure(location: DatabaseLocation): Promise<void> {
  const database = await openDatabase(location)
  const columns: Map<string, number>[] = []
  let stored = 0
  for (const size of sizes) {
    process.stderr.write(`Filling up to ${size} …\n`)
    for (let from = stored; from < size; from = Math.min(from + 100_000, size))
      await fill(database, 'url' in location, from, Math.min(from + 100_000, size))
    stored = size
    await prepareWrites(database)
    if ('url' in location) await sql.raw('vacuum analyze').execute(database)
    const column = new Map<string, number>()
    for (const [name, ask, repetitions] of await questions(database))
      column.set(name, await median(ask, repetitions))
    columns.push(column)
  }
  const [small, large] = columns as [Map<string, number>, Map<string, number>]
  process.stdout.write(
    `| milliseconds, median | ${sizes.map((size) => size.toLocaleString('en')).join(' | ')} | ratio |\n`,
  )
  process.stdout.write('| --- | ---: | ---: | ---: |\n')
  for (const [name, before] of small) {
    const after = large.get(name) as number
    process.stdout.write(
      `| ${name} | ${before.toFixed(2)} | ${after.toFixed(2)} | ${(after / before).toFixed(2)} |\n`,
    )
  }
  await database.destroy()
}

const [url] = positionals
if (url) await measure({ url, statementTimeoutMs: 600_000 })
else {
  const folder = await mkdtemp(join(tmpdir(), 'cartulary-stored-'))
  await measure({ file: join(folder, 'stored.db') })
  await rm(folder, { recursive: true })
}

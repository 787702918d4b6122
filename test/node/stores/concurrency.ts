import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { eventRow } from '../../../node/events/event.ts'
import { createApiKeyStore } from '../../../node/stores/api-keys.ts'
import { createContextStore } from '../../../node/stores/contexts.ts'
import { createCredentialStore } from '../../../node/stores/credentials.ts'
import { type Database, openDatabase } from '../../../node/stores/database.ts'
import { createDidImportStore, type DidImportStore } from '../../../node/stores/did-imports.ts'
import { createDidStore } from '../../../node/stores/dids.ts'
import { createKeyTable } from '../../../node/stores/keys.ts'
import { createLeaseStore } from '../../../node/stores/leases.ts'
import { createNodeMetaStore } from '../../../node/stores/node-meta.ts'
import { createOfferStore } from '../../../node/stores/offers.ts'
import { createOutboxStore } from '../../../node/stores/outbox.ts'
import { createRegistrationStore } from '../../../node/stores/registrations.ts'
import { createStatusChangeStore } from '../../../node/stores/status-changes.ts'
import { describeOnStacks, type FreshDatabase } from '../../stacks.ts'
import { credentialRow, insertLists } from './credential-rows.ts'

const at = '2026-01-01T00:00:00.000Z'
const later = '2027-01-01T00:00:00.000Z'
const pause = () => new Promise<void>((turn) => setImmediate(turn))

describeOnStacks('two processes on one database', (stack) => {
  let fresh: FreshDatabase
  let both: [Database, Database]

  before(async () => {
    fresh = await stack.create()
    both = await Promise.all([openDatabase(fresh.location), openDatabase(fresh.location)])
  })

  after(async () => {
    for (const database of both ?? []) await database.destroy()
    await fresh?.drop()
  })

  /** Lets both do the same, `times` times each, all at once. */
  const race = <T>(act: (database: Database, attempt: number) => Promise<T>, times = 4): Promise<T[]> =>
    Promise.all(Array.from({ length: 2 * times }, (_, attempt) => act(both[(attempt % 2) as 0 | 1], attempt)))
  const wins = (outcomes: readonly unknown[]) => outcomes.filter(Boolean).length

  const countRows = async (table: 'keys' | 'did_imports' | 'did_import_keys'): Promise<number> => {
    const all = both[0].selectFrom(table).select((eb) => eb.fn.countAll<number | string>().as('count'))
    return Number((await all.executeTakeFirstOrThrow()).count)
  }

  it('bring a new database up to date at once', async () => {
    const other = await stack.create()
    const opened = await Promise.all(Array.from({ length: 6 }, () => openDatabase(other.location)))
    for (const database of opened) await database.destroy()
    await other.drop()
  })

  it('agree on a fact that both would settle', async () => {
    const settled = await race((database) =>
      createNodeMetaStore(database).settle('relayerKeyRef', async () => randomUUID()),
    )
    assert.equal(new Set(settled).size, 1)
  })

  it('give a lease to one', async () => {
    for (let round = 0; round < 5; round++) {
      const taken = await race((database, holder) =>
        createLeaseStore(database).acquire({
          ...{ name: `lease ${round}`, holder: String(holder), milliseconds: 60_000 },
        }),
      )
      assert.equal(wins(taken), 1)
    }
  })

  it('revoke an API key once', async () => {
    const [database] = both
    await createApiKeyStore(database).insert({
      id: 'key',
      name: 'key',
      hash: 'hash',
      scopes: [],
      issuers: '*',
      tenantId: 'default',
      createdAt: at,
    })
    assert.equal(wins(await race((each) => createApiKeyStore(each).revoke('key', at))), 1)
  })

  it('hand a credential offer out once', async () => {
    const [database] = both
    const row = credentialRow(await insertLists(database), 0)
    await createCredentialStore(database).insert({ rows: [row], pause })
    const offer = { tokenHash: 'token', credentialId: row.credential_id, createdAt: at, expiresAt: later }
    await createOfferStore(database).insert(offer)
    assert.equal(wins(await race((each) => createOfferStore(each).collect('token', at))), 1)
  })

  it('pin a URL to one context', async () => {
    const [database] = both
    const issuerDid = 'did:x:contexts'
    const did = {
      did: issuerDid,
      method: 'x',
      name: null,
      origin: 'created',
      controllerKeyRef: null,
    } as const
    const { keyRef, type } = await insertKey(database)
    await createDidStore(database).insertPending({ ...did, tenantId: 'default', keys: [{ keyRef, type }] })
    const pinned = await race((each, attempt) =>
      createContextStore(each).register({
        ...{ issuerDid, registeredUrl: 'https://context.example/', createdAt: at },
        ...{ digest: `digest ${attempt}`, url: `url ${attempt}`, document: '{}' },
      }),
    )
    assert.equal(wins(pinned), 1)
  })

  it('open one pair of status lists of a number', async () => {
    const opened = await race((database) => insertLists(database, 'pair of both'))
    assert.equal(new Set(opened.map(({ pairId }) => pairId)).size, 1)
    const { count } = await both[0]
      .selectFrom('status_lists')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('pair_id', '=', 'pair of both')
      .executeTakeFirstOrThrow()
    assert.equal(count, 2)
  })

  it('take each row of the outbox once, and all of them', async () => {
    const rows = Array.from({ length: 200 }, () => ({
      id: randomUUID(),
      job: 'deliver',
      payload: '{}',
      due_at: at,
    }))
    await createOutboxStore(both[0]).add(rows)
    const claim = { job: 'deliver', now: at, until: later, limit: 7 }
    const taken = await race(async (database) => {
      const ids: string[] = []
      for (;;) {
        const claimed = await createOutboxStore(database).claimDue(claim)
        if (claimed.length === 0) return ids
        ids.push(...claimed.map(({ id }) => id))
      }
    })
    assert.deepEqual(taken.flat().sort(), rows.map(({ id }) => id).sort())
  })

  it('make a DID active with its keys, or forget it with them', async () => {
    for (let round = 0; round < 30; round++) {
      const did = `did:x:${round}`
      const { keyRef, type } = await insertKey(both[0])
      const [one, other] = both.map((database) => createDidStore(database)) as [DidStore, DidStore]
      await one.insertPending({
        ...{ did, method: 'x', name: null, origin: 'created', controllerKeyRef: null, tenantId: 'default' },
        keys: [{ keyRef, type }],
      })
      await Promise.all([one.removePending(did), other.activate(did)])
      const { count } = await both[0]
        .selectFrom('did_keys')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('did', '=', did)
        .executeTakeFirstOrThrow()
      assert.equal(count, (await one.get(did)) ? 1 : 0)
    }
  })

  it('give a DID to one of the tenants that want it, and leave nothing of what the others do at that moment', async () => {
    const type = 'Ed25519' as const
    for (let round = 0; round < 20; round++) {
      const did = `did:ethr:wanted:${round}`
      const before = await countRows('keys')
      const stores = both.map((database) => createDidImportStore(database))
      const storeOf = (attempt: number) => stores[attempt % 2] as DidImportStore
      const tenants = ['a', 'b', 'c', 'd']
      const refs: string[] = []
      for (const [attempt, tenantId] of tenants.entries()) {
        const { keyRef } = await insertKey(both[0])
        refs.push(keyRef)
        await storeOf(attempt).record({ did, tenantId, keys: [{ keyRef, type }] })
      }
      const outcomes = await Promise.all(
        tenants.flatMap((tenantId, attempt) => {
          const keyRef = refs[attempt] as string
          const shown = [{ keyRef, type, verificationMethod: `${did}#${keyRef}` }]
          const event = eventRow({ type: 'did.imported', subject: did, data: {}, at: new Date(), tenantId })
          const complete = (n: number) => storeOf(n).complete({ did, tenantId, types: [type], shown, event })
          const record = (n: number) =>
            storeOf(n)
              .record({ did, tenantId, keys: [] })
              .then(() => undefined)
              .catch((error) => assert.equal(error.code, 'DID_ALREADY_EXISTS'))
          return [complete(attempt), record(attempt), complete(attempt + 1), record(attempt + 1)]
        }),
      )
      const forgotten = outcomes.filter((outcome) => outcome !== undefined)
      assert.equal(forgotten.length, 1)
      assert.equal(forgotten[0]?.length, 3)
      const deleted = both[0].deleteFrom('keys').where('key_ref', 'in', forgotten[0] as string[])
      await deleted.execute()
      assert.deepEqual(
        [await countRows('did_imports'), await countRows('did_import_keys'), await countRows('keys')],
        [0, 0, before + 1],
      )
    }
  })

  it('count in a registration what they claim for it, while further credentials are recorded', async () => {
    const lists = await insertLists(both[0])
    let index = 0
    let recording = 2
    const record = async (database: Database) => {
      for (let batch = 0; batch < 25; batch++) {
        const rows = Array.from({ length: 20 }, () => credentialRow(lists, index++))
        const outbox = { id: randomUUID(), job: 'anchor', payload: '{}', due_at: at }
        await createCredentialStore(database).insert({ rows, outbox, pause })
      }
      recording--
    }
    const register = async (database: Database) => {
      for (;;) {
        await pause()
        const last = recording === 0
        if (!(await registerAll(database)) && last) return
      }
    }
    await Promise.all(both.flatMap((database) => [record(database), register(database)]))
    const registrations = await both[0]
      .selectFrom('registrations')
      .selectAll()
      .where('status_list_id', '=', lists.statusListId)
      .orderBy('first')
      .execute()
    let first = 0
    for (const { registration_id, first: start, count } of registrations) {
      const entries = await createRegistrationStore(both[0]).entries(registration_id)
      assert.deepEqual({ start, count }, { start: first, count: entries.length })
      first += count
    }
    assert.equal(first, 1_000)
    assert.ok(registrations.length > 1)
  })

  it('close an anchor of which each has settled a part', async () => {
    for (let round = 0; round < 20; round++) {
      const lists = [await insertLists(both[0]), await insertLists(both[0])]
      await createCredentialStore(both[0]).insert({
        rows: lists.map((list) => credentialRow(list, 0)),
        outbox: { id: randomUUID(), job: 'anchor', payload: '{}', due_at: at },
        pause,
      })
      const anchorId = await claim(both[0])
      assert.ok(anchorId)
      const open = await createRegistrationStore(both[0]).openRegistrations(anchorId)
      assert.equal(open.length, 2)
      await Promise.all(both.map((database, part) => settle(database, anchorId, [open[part] as never])))
      assert.equal(await createRegistrationStore(both[0]).openAnchor(at), undefined)
    }
  })

  it('close changes of status in whatever order, and a revocation stays', async () => {
    const lists = await insertLists(both[0])
    const rows = Array.from({ length: 300 }, (_, index) => credentialRow(lists, index))
    await createCredentialStore(both[0]).insert({ rows, pause })
    const changes = (action: 'revoke' | 'suspend') =>
      rows.map(({ credential_id }) => ({
        id: randomUUID(),
        credential_id,
        action,
        state: 'open' as const,
        at,
      }))
    const [revocations, suspensions] = [changes('revoke'), changes('suspend').reverse()]
    for (const each of [revocations, suspensions]) await createStatusChangeStore(both[0]).open(each)
    await Promise.all([
      createStatusChangeStore(both[0]).made(revocations, 'revoked'),
      createStatusChangeStore(both[1]).made(suspensions, 'suspended'),
    ])
    const after = await createCredentialStore(both[0]).getMany(rows.map((row) => row.credential_id))
    assert.deepEqual([...new Set(after.map(({ status }) => status))], ['revoked'])
    // another process had asked the ledger before it was done
    const ids = revocations.map(({ id }) => id)
    await createStatusChangeStore(both[1]).failed(ids)
    const states = (await createStatusChangeStore(both[0]).getMany(ids)).map(({ state }) => state)
    assert.deepEqual([...new Set(states)], ['done'])
  })
})

type DidStore = ReturnType<typeof createDidStore>

async function insertKey(database: Database) {
  const key = { keyRef: randomUUID(), type: 'Ed25519' as const, publicKey: 'p', wrapped: 'w' }
  await createKeyTable(database).insert(key)
  return key
}

async function claim(database: Database): Promise<string | undefined> {
  const anchor = await createRegistrationStore(database).claim({
    ...{ anchorId: randomUUID(), job: 'anchor', now: at, maxLists: 16, newId: randomUUID },
  })
  return anchor?.anchor_id
}

async function settle(
  database: Database,
  anchorId: string,
  registrations: readonly { registration_id: string }[],
): Promise<void> {
  await createRegistrationStore(database).settle(
    anchorId,
    registrations.map(({ registration_id }) => ({
      ...{ registration_id, root: '0x', transactionHash: '0x', blockNumber: 1, auditHead: undefined },
      event: eventRow({ type: 'credentials.registered', subject: 'x', data: {}, at: new Date(at) }),
    })),
  )
}

async function registerAll(database: Database): Promise<boolean> {
  const anchorId = await claim(database)
  if (!anchorId) return false
  await settle(database, anchorId, await createRegistrationStore(database).openRegistrations(anchorId))
  return true
}

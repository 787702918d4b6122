import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { AuditEntry } from '../../../node/audit/entry.ts'
import { createPlacement } from '../../../node/audit/place-events.ts'
import { type AuditLog, createAuditLog } from '../../../node/audit/read-log.ts'
import { verifyLog } from '../../../node/audit/verify-log.ts'
import { eventRow, eventTypes } from '../../../node/events/event.ts'
import { onBehalfOf } from '../../../node/request-context.ts'
import { createAuditLogStore } from '../../../node/stores/audit-log.ts'
import { type Database, openDatabase } from '../../../node/stores/database.ts'
import { appendEvent } from '../../../node/stores/events.ts'
import { describeOnStacks } from '../../stacks.ts'

describeOnStacks('the audit log', (stack) => {
  let database: Database
  let log: AuditLog
  let place: () => Promise<number>
  let drop: () => Promise<void>

  before(async () => {
    const fresh = await stack.create()
    database = await openDatabase(fresh.location)
    const auditLog = createAuditLogStore(database)
    log = createAuditLog(auditLog)
    place = createPlacement({ auditLog }).job.run
    drop = fresh.drop
  })

  after(async () => {
    await database.destroy()
    await drop()
  })

  const at = new Date('2026-01-01T00:00:00Z')
  const event = (subject: string, data = {}) =>
    eventRow({ type: 'credentials.issued', subject, data: { digest: `0x${subject}`, ...data }, at })
  const append = (subjects: readonly string[]) =>
    database.transaction().execute(async (trx) => {
      for (const subject of subjects) await appendEvent(trx, event(subject))
    })
  const entries = async (tenantId = 'default') =>
    (await log.entries({ tenantId, limit: 1_000, after: 0 })).items
  const verify = async (tenantId = 'default') => verifyLog({ entries: await entries(tenantId), anchors: [] })
  const fault = async () => {
    const { fault: found } = await verify()
    return found && `${found.kind} ${found.seq}`
  }

  beforeEach(async () => {
    await database.deleteFrom('events').execute()
    await database
      .updateTable('log_places')
      .set({ seq: 0, hash: '0'.repeat(64) })
      .execute()
  })

  it('gives events of one transaction places in their order, and each event one', async () => {
    for (let round = 0; round < 5; round++)
      await Promise.all([append(['a', 'b', 'c']), append(['d', 'e']), place(), place()])
    await place()
    const all = await entries()
    assert.deepEqual(
      all.map(({ seq }) => seq),
      Array.from({ length: 25 }, (_, index) => index + 1),
    )
    const subjects = all.map((entry) => ('subject' in entry ? entry.subject : '')).join('')
    assert.equal(subjects.replaceAll('d', '').replaceAll('e', ''), 'abc'.repeat(5))
    assert.equal((await verify()).entries, 25)
    assert.equal(await fault(), undefined)
  })

  it('shows a tenant what is its own, and lets it recompute the chain', async () => {
    for (const tenantId of ['a', 'b', 'a'])
      await onBehalfOf({ requestId: null, tenantId, actor: 'key' }, () => append([tenantId]))
    await place()
    const own = await entries('a')
    assert.deepEqual(
      own.map((entry) => ('digest' in entry ? 'digest' : entry.subject)),
      ['a', 'digest', 'a'],
    )
    assert.equal(JSON.stringify(own[1]).includes('"b"'), false)
    assert.equal((await verify('a')).fault, undefined)
  })

  const set = (seq: number, change: Partial<{ data: string; subject: string; at: string; seq: number }>) =>
    database.updateTable('events').set(change).where('seq', '=', seq).execute()
  const remove = (seq: number) => database.deleteFrom('events').where('seq', '=', seq).execute()

  const attacks: Record<string, { fault: string; attack(): Promise<unknown> }> = {
    'altered data': { fault: 'altered 3', attack: () => set(3, { data: '{"digest":"0xff"}' }) },
    'another subject': { fault: 'altered 3', attack: () => set(3, { subject: 'mallory' }) },
    'another time': { fault: 'altered 3', attack: () => set(3, { at: '2020-01-01T00:00:00.000Z' }) },
    'a deleted entry': { fault: 'missing 4', attack: () => remove(4) },
    'a deleted first entry': { fault: 'missing 1', attack: () => remove(1) },
    'a deleted entry, the gap closed': {
      fault: 'altered 4',
      attack: async () => {
        await remove(4)
        await set(5, { seq: 4 })
        await set(6, { seq: 5 })
      },
    },
    'two that changed places': {
      fault: 'altered 2',
      attack: async () => {
        await set(2, { seq: 100 })
        await set(5, { seq: 2 })
        await set(100, { seq: 5 })
      },
    },
    'an inserted entry': {
      fault: 'altered 4',
      attack: async () => {
        for (const seq of [6, 5, 4]) await set(seq, { seq: seq + 1 })
        await appendEvent(database, { ...event('inserted'), seq: 4, hash: 'ab'.repeat(32) })
      },
    },
  }
  for (const [name, { fault: expected, attack }] of Object.entries(attacks))
    it(`finds ${name}`, async () => {
      await append(['1', '2', '3', '4', '5', '6'])
      await place()
      assert.equal(await fault(), undefined)
      await attack()
      assert.equal(await fault(), expected)
    })

  it('finds what was cut off by a head that was kept', async () => {
    await append(['1', '2', '3'])
    await place()
    const kept = [await log.head()]
    await remove(3)
    const cut = await verifyLog({ entries: await entries(), anchors: [], kept })
    assert.equal(cut.fault?.kind, 'cut off')
    await database
      .updateTable('log_places')
      .set({ seq: 2, hash: (await entries())[1]!.hash })
      .execute()
    await append(['another'])
    await place()
    const rewritten = await verifyLog({ entries: await entries(), anchors: [], kept })
    assert.equal(rewritten.fault?.kind, 'anchored otherwise')
  })

  it('finds every single change of a log, at its place or before', async () => {
    await append(['1', '2', '3', '4', '5', '6', '7', '8'])
    await place()
    const good = await entries()
    const position = fc.nat({ max: 7 })
    const change = fc.oneof(
      fc.record({ kind: fc.constant('remove' as const), position: fc.nat({ max: 6 }) }),
      fc.record({ kind: fc.constant('repeat' as const), position }),
      fc.record({ kind: fc.constant('swap' as const), position: fc.nat({ max: 6 }) }),
      fc.record({
        kind: fc.constant('write' as const),
        position,
        member: fc.constantFrom(
          'id',
          'at',
          'tenantId',
          'actor',
          'requestId',
          'type',
          'subject',
          'hash',
          'data',
        ),
        value: fc.oneof(fc.string(), fc.constantFrom(...eventTypes)),
      }),
    )
    await fc.assert(
      fc.asyncProperty(change, async (made) => {
        const bad = structuredClone(good) as (AuditEntry & Record<string, unknown>)[]
        const at = made.position
        if (made.kind === 'remove') bad.splice(at, 1)
        if (made.kind === 'repeat') bad.splice(at, 0, bad[at]!)
        if (made.kind === 'swap') bad.splice(at, 2, bad[at + 1]!, bad[at]!)
        if (made.kind === 'write') {
          const value = made.member === 'data' ? { digest: made.value } : made.value
          fc.pre(JSON.stringify(bad[at]![made.member]) !== JSON.stringify(value))
          bad[at] = { ...bad[at]!, [made.member]: value }
        }
        const { fault: found, head } = await verifyLog({ entries: bad, anchors: [] })
        assert.ok(found)
        assert.ok(found.seq <= at + 2)
        assert.equal(head.hash, head.seq === 0 ? '0'.repeat(64) : good[head.seq - 1]?.hash)
      }),
      { numRuns: stack.name.startsWith('SQLite') ? 200 : 20 },
    )
  })
})

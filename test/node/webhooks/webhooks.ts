import assert from 'node:assert/strict'
import { Webhook as Judge } from 'standardwebhooks'
import { createPlacement } from '../../../node/audit/place-events.ts'
import { isPublicAddress } from '../../../node/did/public-address.ts'
import { type EventType, eventRow } from '../../../node/events/event.ts'
import { createOutboxJob } from '../../../node/jobs/outbox-job.ts'
import { createSecretBox } from '../../../node/keys/secret-box.ts'
import { publicPost } from '../../../node/public-fetch.ts'
import { createAuditLogStore } from '../../../node/stores/audit-log.ts'
import { type Database, openDatabase } from '../../../node/stores/database.ts'
import { appendEvent } from '../../../node/stores/events.ts'
import { createOutboxStore } from '../../../node/stores/outbox.ts'
import { createWebhookDeliveryStore } from '../../../node/stores/webhook-deliveries.ts'
import { createWebhookStore, webhookJob } from '../../../node/stores/webhooks.ts'
import { createDeliveries, webhookBackoff } from '../../../node/webhooks/deliver.ts'
import { createFanOut } from '../../../node/webhooks/fan-out.ts'
import { createWebhooks, type Webhooks } from '../../../node/webhooks/webhooks.ts'
import { fails } from '../../issuing.ts'
import { describeOnStacks } from '../../stacks.ts'
import { type Received, type Receiver, startReceiver } from './receiver.ts'

const tenantId = 'default'

describeOnStacks('webhooks', (stack) => {
  let database: Database
  let drop: () => Promise<void>
  let receiver: Receiver
  let webhooks: Webhooks
  let time: Date
  let node: ReturnType<typeof open>

  function open(allowLoopback = true) {
    const stores = {
      webhooks: createWebhookStore(database),
      deliveries: createWebhookDeliveryStore(database),
      outbox: createOutboxStore(database),
    }
    const secrets = createSecretBox(Buffer.alloc(32, 7))
    const now = () => time
    const queue = { notify: () => {} }
    const delivering = createDeliveries({
      ...{ ...stores, secrets, allowLoopback, now, post: publicPost },
      laneOf: (id, handle, stopping) =>
        createOutboxJob({
          ...{ name: webhookJob(id), outbox: stores.outbox, handle, now, limit: 4, backoff: webhookBackoff },
          stopping,
        }),
    })
    return {
      place: createPlacement({ auditLog: createAuditLogStore(database) }).job.run,
      fanOut: createFanOut({ ...stores, queue, now }).run,
      delivering,
      webhooks: createWebhooks({ ...stores, secrets, queue, allowLoopback, isPublicAddress, now }),
    }
  }

  before(async () => {
    const fresh = await stack.create()
    database = await openDatabase(fresh.location)
    drop = fresh.drop
    receiver = await startReceiver()
  })

  after(async () => {
    await receiver.close()
    await database.destroy()
    await drop()
  })

  beforeEach(async () => {
    time = new Date()
    node = open()
    ;({ webhooks } = node)
    for (const { id } of await webhooks.list(tenantId)) await webhooks.remove({ tenantId, id })
    receiver.received.length = 0
  })

  const happen = async (type: EventType, data = {}, tenant = tenantId) => {
    await appendEvent(database, eventRow({ type, subject: 'did:x', data, at: time, tenantId: tenant }))
    await node.place()
    await node.fanOut()
  }
  /** Sends what is due, and waits for it. */
  const send = async () => {
    await node.delivering.job.run()
    await node.delivering.close()
    node = open()
    ;({ webhooks } = node)
  }
  const make = (path: string, types: string[] = ['*']) =>
    webhooks.create({ tenantId, url: `${receiver.url}${path}`, types })
  const later = (milliseconds: number) => {
    time = new Date(time.getTime() + milliseconds)
  }
  const judge = (secret: string, { body, headers }: Received) =>
    new Judge(secret).verify(body, headers as Record<string, string>) as {
      type: string
      data: { seq: number }
    }

  it('tells what was asked for, signed, in order and once', async () => {
    const { secret } = await make('/all')
    const some = await make('/some', ['credentials.revoked'])
    await happen('credentials.issued', { schemaId: 's' })
    await happen('credentials.revoked', { credentialIds: ['urn:x'] })
    await happen('credentials.revoked', {}, 'another tenant')
    await node.fanOut()
    await send()
    await send()
    const all = receiver.received.filter(({ path }) => path === '/all')
    assert.deepEqual(all.map((each) => judge(secret, each).type).sort(), [
      'credentials.issued',
      'credentials.revoked',
      'webhook.created',
      'webhook.created',
    ])
    const [revoked, ...none] = receiver.received.filter(({ path }) => path === '/some')
    assert.equal(none.length, 0)
    const told = judge(some.secret, revoked!)
    const { eventId, seq, ...data } = told.data as Record<string, unknown>
    assert.deepEqual(data, { subject: 'did:x', credentialIds: ['urn:x'] })
    assert.match(String(eventId), /^[0-9a-f-]{36}$/)
    assert.ok(Number(seq) > 0)
    assert.equal((told as { timestamp?: string }).timestamp, time.toISOString())
    assert.throws(() => judge(secret, revoked!), /signature/i)
  })

  it('leaves long lists out', async () => {
    const { secret } = await make('/thin', ['credentials.issued'])
    await happen('credentials.issued', {
      credentials: Array.from({ length: 1_000 }, (_, i) => [`id ${i}`, '0x']),
    })
    await send()
    const [told] = receiver.received
    assert.ok(told!.body.length < 20_000)
    assert.deepEqual((judge(secret, told!).data as { omitted?: string[] }).omitted, ['credentials'])
  })

  it('keeps secrets sealed, and signs with both while one is replaced', async () => {
    const { secret, webhook } = await make('/rotated', ['webhook.updated'])
    const stored = JSON.stringify(await database.selectFrom('webhooks').selectAll().execute())
    assert.equal(stored.includes(secret.slice(6)), false)
    const rotated = await webhooks.rotateSecret({ tenantId, id: webhook.id })
    await happen('did.created')
    await send()
    const [both] = await receiver.count('/rotated', 1)
    for (const each of [secret, rotated.secret]) assert.equal(judge(each, both!).type, 'webhook.updated')
    later(86_400_001)
    await webhooks.update({ tenantId, id: webhook.id }, { description: 'x' })
    await happen('did.created')
    await send()
    const [, last] = await receiver.count('/rotated', 2)
    assert.equal(String(last!.headers['webhook-signature']).split(' ').length, 1)
  })

  it('tries again with growing pauses under the same id, gives up, and can be told to go on', async () => {
    receiver.answer('/down', 500)
    const { webhook } = await make('/down', ['did.created'])
    const which = { tenantId, id: webhook.id }
    await happen('did.created')
    await send()
    await send()
    assert.equal(receiver.received.length, 1)
    const hours = 3_600_000
    for (const pause of [
      6_000,
      330_000,
      0.6 * hours,
      3 * hours,
      6 * hours,
      12 * hours,
      16 * hours,
      23 * hours,
      27 * hours,
    ]) {
      later(pause)
      await send()
    }
    assert.equal(receiver.received.length, 10)
    assert.equal(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size, 1)
    const { items } = await webhooks.deliveries(which, { limit: 10, state: 'dead' })
    assert.deepEqual(
      items.map(({ attempts, status, error }) => ({ attempts, status, error })),
      [{ attempts: 10, status: 500, error: 'The address answers with status 500.' }],
    )
    later(48 * hours)
    await send()
    assert.equal(receiver.received.length, 10)
    receiver.answer('/down', 204)
    await webhooks.replay(which, items[0]!.id)
    await send()
    assert.equal(receiver.received.length, 11)
    assert.equal((await webhooks.deliveries(which, { limit: 10 })).items[0]?.state, 'delivered')
    assert.equal((await webhooks.get(which)).failingSince, null)
    await webhooks.replay(which, items[0]!.id)
    await send()
    assert.equal(receiver.received.length, 12)
  })

  it('disables who is gone, and who has failed for days; what waited is told when it is enabled again', async () => {
    receiver.answer('/gone', 410)
    const gone = { tenantId, id: (await make('/gone')).webhook.id }
    await happen('did.created')
    await send()
    assert.equal((await webhooks.get(gone)).disabledReason, 'gone')
    receiver.answer('/days', 500)
    const failing = { tenantId, id: (await make('/days', ['did.updated'])).webhook.id }
    await happen('did.updated')
    await send()
    later(5 * 86_400_000 + 1)
    await happen('did.updated')
    await send()
    const { disabledReason, state } = await webhooks.get(failing)
    assert.deepEqual({ disabledReason, state }, { disabledReason: 'failing', state: 'disabled' })
    receiver.answer('/days', 200)
    const before = receiver.received.length
    later(86_400_000)
    await send()
    assert.equal(receiver.received.length, before)
    await webhooks.update(failing, { enabled: true })
    await send()
    assert.equal(receiver.received.filter(({ path }) => path === '/days').length, 5)
  })

  it('does not let a slow address hold up another', async () => {
    let release = (_status: number) => {}
    receiver.answer(
      '/slow',
      new Promise<number>((resolve) => {
        release = resolve
      }),
    )
    await make('/slow', ['did.created'])
    await make('/quick', ['did.created'])
    for (let i = 0; i < 10; i++) await happen('did.created')
    await node.delivering.job.run()
    await receiver.count('/quick', 10)
    assert.ok(receiver.received.filter(({ path }) => path === '/slow').length <= 4)
    release(200)
    await node.delivering.close()
    assert.equal(receiver.received.filter(({ path }) => path === '/slow').length, 10)
  })

  it('tells each event once though two nodes read on and deliver', async () => {
    await make('/twice', ['did.created'])
    const others = [node, open()]
    for (let i = 0; i < 30; i++)
      await appendEvent(database, eventRow({ type: 'did.created', subject: `${i}`, data: {}, at: time }))
    await Promise.all(others.map(({ place }) => place()))
    await Promise.all(others.map(({ fanOut }) => fanOut()))
    await Promise.all(others.map(({ delivering }) => delivering.job.run()))
    await Promise.all(others.map(({ delivering }) => delivering.close()))
    assert.equal(receiver.received.length, 30)
    assert.equal(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size, 30)
  })

  it('refuses addresses that are not public, early and late', async () => {
    const { webhooks: strict, delivering } = open(false)
    for (const url of [
      ...['http://example.com/x', 'https://127.0.0.1/x', 'https://10.0.0.1/x', 'https://[::1]/x'],
      ...['https://localhost/x', 'https://a:b@example.com/x', 'ftp://example.com/', 'nonsense'],
    ])
      await assert.rejects(strict.create({ tenantId, url, types: ['*'] }), fails('MALFORMED_REQUEST'), url)
    const { webhook } = await make('/inside', ['did.created'])
    await happen('did.created')
    await delivering.job.run()
    await delivering.close()
    assert.equal(receiver.received.length, 0)
    const { items } = await webhooks.deliveries({ tenantId, id: webhook.id }, { limit: 1 })
    assert.deepEqual([items[0]?.status, items[0]?.error], [null, 'The address is not one of https.'])
  })

  it('keeps tenants apart, and limits each', async () => {
    const { webhook } = await make('/own')
    await assert.rejects(webhooks.get({ tenantId: 'other', id: webhook.id }), fails('WEBHOOK_NOT_FOUND'))
    await assert.rejects(webhooks.remove({ tenantId: 'other', id: webhook.id }), fails('WEBHOOK_NOT_FOUND'))
    for (let i = 1; i < 20; i++) await make(`/${i}`)
    await assert.rejects(make('/21'), fails('QUOTA_EXCEEDED'))
    assert.deepEqual(await webhooks.list('other'), [])
  })

  it('forgets what was delivered after a month', async () => {
    const { webhook } = await make('/old', ['did.created'])
    await happen('did.created')
    await send()
    later(31 * 86_400_000)
    await open().fanOut()
    assert.deepEqual((await webhooks.deliveries({ tenantId, id: webhook.id }, { limit: 5 })).items, [])
  })

  it('are left at once by a node that stops, and told again', async () => {
    const url = `${receiver.url}/silent`
    const silent = Promise.withResolvers<number>()
    receiver.answer('/silent', silent.promise)
    const { webhook } = await webhooks.create({ tenantId, url, types: ['*'] })
    const which = { tenantId, id: webhook.id }
    // more than are sent at a time
    for (let n = 0; n < 6; n++) await webhooks.test(which)
    await node.delivering.job.run()
    await receiver.count('/silent', 4)
    const begun = performance.now()
    await node.delivering.close()
    assert.ok(performance.now() - begun < 5_000)
    const { items } = await webhooks.deliveries(which, { limit: 10 })
    assert.deepEqual(
      items.map(({ state, error }) => [state, error]),
      Array.from({ length: 6 }, () => ['pending', null]),
    )
    assert.equal((await webhooks.get(which)).failingSince, null)
    silent.resolve(204)
    receiver.answer('/silent', 204)
    node = open()
    time = new Date(time.getTime() + 60_000)
    await node.delivering.job.run()
    await receiver.count('/silent', 10)
    await node.delivering.close()
  })
})

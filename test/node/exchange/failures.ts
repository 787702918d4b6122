import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { IssuerError } from '../../../node/errors.ts'
import { deleteExchange } from '../../../node/exchange/abandon-exchange.ts'
import { acceptOffer } from '../../../node/exchange/accept-offer.ts'
import { acceptRequest } from '../../../node/exchange/accept-request.ts'
import { WORK_JOB } from '../../../node/exchange/advance.ts'
import { acceptInvitation } from '../../../node/exchange/connections/accept-invitation.ts'
import { expireConnections } from '../../../node/exchange/connections/end-connections.ts'
import { invite } from '../../../node/exchange/connections/invite.ts'
import { deliverMessage } from '../../../node/exchange/deliver-message.ts'
import { exchangeOf } from '../../../node/exchange/exchange.ts'
import { expireExchanges } from '../../../node/exchange/expire-exchanges.ts'
import { makeMessage } from '../../../node/exchange/message.ts'
import { offerCredential } from '../../../node/exchange/offer-credential.ts'
import { MESSAGES_JOB } from '../../../node/exchange/outgoing.ts'
import { createOutboxJob } from '../../../node/jobs/outbox-job.ts'
import { createOutboxStore } from '../../../node/stores/outbox.ts'
import type { NewRow } from '../../../node/stores/tables.ts'
import { describeOnStacks, type FreshDatabase } from '../../stacks.ts'
import {
  attempt,
  connectEngines,
  type Engine,
  openEngines,
  settle,
  tenantId,
  waiting,
} from './two-engines.ts'

const asker = { tenantId, issuers: undefined }
const refuses = (code: string) => (error: unknown) => error instanceof IssuerError && error.code === code

describeOnStacks('an exchange that does not go well', (stack) => {
  let fresh: FreshDatabase[]
  let engines: Awaited<ReturnType<typeof openEngines>>
  let issuer: Engine
  let holder: Engine
  let ids: { one: string; two: string }

  before(async () => {
    fresh = [await stack.create(), await stack.create()]
    engines = await openEngines([fresh[0]!.location, fresh[1]!.location])
    issuer = engines.one
    holder = engines.two
    ids = await connectEngines(issuer, holder)
  })
  after(async () => {
    await engines?.close()
    for (const each of fresh) await each.drop()
  })

  const offer = (extra: object = {}) =>
    offerCredential(issuer, {
      ...{ ...asker, connectionId: ids.one, format: 'word', details: {}, autoAcceptRequest: true },
      ...extra,
    })
  const both = () => settle([issuer, holder])
  const of = async (engine: Engine, threadId: string) => {
    const connectionId = engine === issuer ? ids.one : ids.two
    const row = await engine.exchanges.findThread(connectionId, threadId)
    assert.ok(row)
    return exchangeOf(row)
  }
  const accept = async (threadId: string) =>
    acceptOffer(holder, {
      ...{ ...asker, details: {}, actsFor: () => {} },
      exchangeId: (await of(holder, threadId)).id,
    })
  const later = (engine: Engine, seconds: number): Engine => ({
    ...engine,
    now: () => new Date(Date.now() + seconds * 1_000),
  })

  it('of another tenant keeps nobody waiting longer than the messages that are sent side by side', async () => {
    const askAs = async (tenant: string) => {
      const { invitation } = await invite(issuer, { tenantId, expiresInSeconds: 600 })
      await acceptInvitation(holder, { tenantId: tenant, invitation })
    }
    for (let n = 0; n < 40; n++) await askAs('college')
    await askAs('school')
    const order: string[] = []
    const { run } = createOutboxJob({
      ...{ name: MESSAGES_JOB, outbox: createOutboxStore(holder.database), now: holder.now, limit: 32 },
      handle: async (row) => {
        order.push(row.lane)
        await deliverMessage(holder, row)
      },
    })
    assert.equal(await run(), 41)
    const place = order.indexOf('school')
    assert.ok(place >= 0 && place < 32, `sent after ${place} others`)
    await both()
  })

  it('has its messages and its work done in the turn of its tenant', async () => {
    const deliver = async (engine: Engine) => {
      const rows = await waiting(engine)
      for (const row of rows) await attempt(engine, row)
      return rows.map(({ job, lane }) => [job, lane])
    }
    const { threadId } = await offer()
    assert.deepEqual(await deliver(issuer), [[MESSAGES_JOB, tenantId]])
    await accept(threadId)
    assert.deepEqual(await deliver(holder), [[MESSAGES_JOB, tenantId]])
    assert.deepEqual(await deliver(issuer), [[WORK_JOB, tenantId]])
    await both()
  })

  it('is abandoned when its time is over, and both sides know', async () => {
    const { threadId } = await offer({ expiresInSeconds: 60 })
    await both()
    assert.equal((await of(holder, threadId)).expiresAt, (await of(issuer, threadId)).expiresAt)
    assert.equal(await expireExchanges(later(issuer, 59)), 0)
    assert.equal(await expireExchanges(later(issuer, 61)), 1)
    await both()
    const [ofIssuer, ofHolder] = [await of(issuer, threadId), await of(holder, threadId)]
    assert.deepEqual(
      [ofIssuer.state, ofIssuer.messages.problem],
      ['ABANDONED', { code: 'expired', by: 'us' }],
    )
    assert.deepEqual([ofHolder.state, ofHolder.messages.problem?.code], ['ABANDONED', 'expired'])
    assert.equal(await expireExchanges(later(issuer, 61)), 0)
  })

  it('waits for the ack of a holder for as long as that takes', async () => {
    const { threadId, id } = await offer({ expiresInSeconds: 60, autoAcceptRequest: false })
    await both()
    await accept(threadId)
    await both()
    await acceptRequest(issuer, { ...asker, exchangeId: id })
    assert.equal(await expireExchanges(later(issuer, 10_000)), 0)
    await both()
    assert.equal((await of(issuer, threadId)).state, 'DONE')
  })

  it('is abandoned on both sides when what was requested cannot be issued', async () => {
    const { threadId } = await offer({ details: { refused: true } })
    await both()
    await accept(threadId)
    await both()
    const [ofIssuer, ofHolder] = [await of(issuer, threadId), await of(holder, threadId)]
    assert.deepEqual([ofIssuer.state, ofHolder.state], ['ABANDONED', 'ABANDONED'])
    assert.equal(ofHolder.messages.problem?.code, 'ISSUER_DEACTIVATED')
  })

  it('stores nothing that is not what was offered', async () => {
    const { threadId } = await offer({ autoAcceptRequest: false })
    await both()
    await accept(threadId)
    const attachmentFormat = 'word/credential'
    const wrong = {
      kind: 'issue-credential',
      threadId,
      attachmentFormat,
      content: { word: 'forged' },
    } as const
    await issuer.transport.send(await inboxOfHolder(), makeMessage(wrong).json)
    await both()
    const ofHolder = await of(holder, threadId)
    assert.deepEqual(
      [ofHolder.state, ofHolder.messages.problem?.code],
      ['ABANDONED', 'CREDENTIAL_NOT_AS_OFFERED'],
    )
    assert.equal(ofHolder.credentialId, null)
    assert.equal((await of(issuer, threadId)).state, 'ABANDONED')
  })

  it('does not begin anew by a late copy of a message, once it has been deleted', async () => {
    const { threadId } = await offer()
    const copies = await waiting(issuer)
    await both()
    await accept(threadId)
    await both()
    const { id } = await of(holder, threadId)
    assert.equal(await deleteExchange(holder, { ...asker, exchangeId: id }), 'removed')
    for (const copy of copies) assert.equal(await attempt(issuer, copy), true)
    const row = await holder.exchanges.find(id)
    assert.deepEqual([row?.state, row?.messages, row?.kept], ['DONE', '{}', null])
    await assert.rejects(deleteExchange(holder, { ...asker, exchangeId: id }), refuses('EXCHANGE_NOT_FOUND'))
    const attachmentFormat = 'word/offer'
    const again = makeMessage({ kind: 'offer-credential', threadId, attachmentFormat, content: {} })
    assert.equal(await issuer.transport.send(await inboxOfHolder(), again.json), 'EXCHANGE_STATE')
  })

  it('refuses a message that bears the id of another one, or the format of another one', async () => {
    const { threadId } = await offer()
    const [row] = await waiting(issuer)
    await both()
    const message = {
      kind: 'offer-credential',
      threadId,
      attachmentFormat: 'word/offer',
      content: {},
    } as const
    const forged = { ...makeMessage(message).json, '@id': row?.id as string }
    assert.equal(await issuer.transport.send(await inboxOfHolder(), forged), 'MESSAGE_REFUSED')
    const request = makeMessage({ ...message, kind: 'issue-credential' })
    await accept(threadId)
    assert.equal(await issuer.transport.send(await inboxOfHolder(), request.json), 'MESSAGE_REFUSED')
    await both()
    assert.equal((await of(holder, threadId)).state, 'DONE')
  })

  it('takes no more from one connection than is open there at most', async () => {
    const other = await connectEngines(issuer, holder)
    const at = new Date().toISOString()
    const row = (): NewRow<'exchanges'> => ({
      ...{ id: randomUUID(), tenant_id: tenantId, role: 'HOLDER', state: 'OFFER', connection_id: other.two },
      ...{ thread_id: randomUUID(), format: 'word', messages: '{}', auto_accept_request: 0 },
      ...{ created_at: at, updated_at: at },
    })
    for (let count = 0; count < 10; count++)
      await holder.database
        .insertInto('exchanges')
        .values(Array.from({ length: 1_000 }, row))
        .execute()
    const { id } = await offer({ connectionId: other.one })
    const [sent] = await waiting(issuer)
    assert.equal(await attempt(issuer, sent!), false, 'it is tried again')
    await deleteExchange(issuer, { ...asker, exchangeId: id })
    await holder.database.deleteFrom('exchanges').where('connection_id', '=', other.two).execute()
    await both()
  })

  it('is moved on by one of those who try at the same time', async () => {
    const outcomes = async (...doing: Promise<unknown>[]) => {
      const settled = await Promise.allSettled(doing)
      const codes = settled.map((each) =>
        each.status === 'fulfilled' ? 'done' : (each.reason as IssuerError).code,
      )
      assert.deepEqual(codes.sort(), ['EXCHANGE_STATE', 'EXCHANGE_STATE', 'done'].slice(-doing.length))
    }
    const { threadId, id } = await offer({ autoAcceptRequest: false })
    await both()
    const accepting = () => accept(threadId)
    await outcomes(accepting(), accepting(), accepting())
    await both()
    const issuing = () => acceptRequest(issuer, { ...asker, exchangeId: id })
    await outcomes(issuing(), issuing(), issuing())
    const second = await offer()
    await both()
    const deleting = deleteExchange(holder, { ...asker, exchangeId: (await of(holder, second.threadId)).id })
    await outcomes(accept(second.threadId), deleting)
    await both()
    assert.equal((await of(holder, threadId)).state, 'DONE')
    assert.equal((await of(issuer, second.threadId)).state, (await of(holder, second.threadId)).state)
  })

  it('abandons an invitation that nobody has used in time', async () => {
    const { connection } = await invite(issuer, { tenantId, expiresInSeconds: 60 })
    assert.equal(await expireConnections(later(issuer, 59)), 0)
    assert.equal(await expireConnections(later(issuer, 61)), 1)
    assert.equal((await issuer.connections.find(connection.id))?.state, 'ABANDONED')
  })

  /** Where the issuer sends to. */
  async function inboxOfHolder() {
    const connection = await issuer.connections.find(ids.one)
    const sealed = issuer.secrets.open(connection?.peer_token as string, `connection ${ids.one}`)
    return { endpoint: connection?.endpoint as string, token: Buffer.from(sealed).toString() }
  }
})

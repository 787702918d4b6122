import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { IssuerError } from '../../../node/errors.ts'
import { deleteExchange } from '../../../node/exchange/abandon-exchange.ts'
import { acceptOffer } from '../../../node/exchange/accept-offer.ts'
import { acceptRequest } from '../../../node/exchange/accept-request.ts'
import { advance, type NewExchange } from '../../../node/exchange/advance.ts'
import { takeMessage } from '../../../node/exchange/connections/take-message.ts'
import { doWork } from '../../../node/exchange/do-work.ts'
import { type Role, roles, type State, type Step, states, steps } from '../../../node/exchange/machine.ts'
import { type MessageKind, makeMessage } from '../../../node/exchange/message.ts'
import { answerProposal, offerCredential } from '../../../node/exchange/offer-credential.ts'
import { proposeCredential } from '../../../node/exchange/propose-credential.ts'
import { createToken, hashToken } from '../../../node/secret-token.ts'
import type { ExchangeRow } from '../../../node/stores/exchanges.ts'
import type { NewRow } from '../../../node/stores/tables.ts'
import { describeOnStacks, type FreshDatabase } from '../../stacks.ts'
import { type Engine, issuerDid, openEngines, tenantId } from './two-engines.ts'

type From = State | 'START'

// What the cloud agent's documents say, written down a second time: role, step, from which states, to which.
const unfinished = 'PROPOSAL OFFER REQUEST ISSUED'
const specification: Readonly<Record<Role, Partial<Record<Step, [from: string, to: State]>>>> = {
  ISSUER: {
    'receive-proposal': ['START', 'PROPOSAL'],
    'send-offer': ['START PROPOSAL', 'OFFER'],
    'receive-request': ['OFFER', 'REQUEST'],
    issue: ['REQUEST', 'ISSUED'],
    'receive-ack': ['ISSUED', 'DONE'],
    abandon: [unfinished, 'ABANDONED'],
    'receive-problem-report': [unfinished, 'ABANDONED'],
  },
  HOLDER: {
    'send-proposal': ['START', 'PROPOSAL'],
    'receive-offer': ['START PROPOSAL', 'OFFER'],
    'send-request': ['OFFER', 'REQUEST'],
    'receive-credential': ['REQUEST', 'ISSUED'],
    store: ['ISSUED', 'DONE'],
    abandon: [unfinished, 'ABANDONED'],
    'receive-problem-report': [unfinished, 'ABANDONED'],
  },
}

const combinations = roles.flatMap((role) =>
  (['START', ...states] as const).flatMap((from) => steps.map((step) => ({ role, from, step }))),
)
const next = ({ role, from, step }: { role: Role; from: From; step: Step }): State | undefined => {
  const [allowed, to] = specification[role][step] ?? []
  return allowed?.split(' ').includes(from) ? to : undefined
}

const asker = { tenantId, issuers: undefined }
const empty = { content: {} }
const allSaid = { proposal: empty, offer: empty, request: empty, issued: { content: { word: 'issued' } } }

describeOnStacks('every role, state and step', (stack) => {
  let fresh: FreshDatabase[]
  let engines: Awaited<ReturnType<typeof openEngines>>
  let engine: Engine
  let token: string
  let connectionId: string

  before(async () => {
    fresh = [await stack.create(), await stack.create()]
    engines = await openEngines([fresh[0]!.location, fresh[1]!.location])
    engine = engines.one
    token = createToken('')
    connectionId = randomUUID()
    const at = new Date().toISOString()
    const connection: NewRow<'connections'> = {
      ...{
        id: connectionId,
        tenant_id: tenantId,
        role: 'INVITER',
        state: 'DONE',
        created_at: at,
        updated_at: at,
      },
      ...{ alias: null, label: null, their_label: null, endpoint: null, peer_token: null, expires_at: null },
      ...{ inbox_hash: hashToken(token), invitation_hash: null },
    }
    await engine.database.insertInto('connections').values(connection).execute()
  })
  after(async () => {
    await engines?.close()
    for (const each of fresh) await each.drop()
  })

  /** An exchange that stands in a state, written into the database as it is. */
  async function standing(role: Role, state: State): Promise<ExchangeRow> {
    const at = new Date().toISOString()
    const row: ExchangeRow = {
      ...{ id: randomUUID(), tenant_id: tenantId, role, state, connection_id: connectionId },
      ...{
        thread_id: randomUUID(),
        format: 'word',
        issuer_did: issuerDid,
        messages: JSON.stringify(allSaid),
      },
      ...{
        kept: '{"kept":"so"}',
        auto_accept_request: 0,
        credential_id: null,
        expires_at: at,
        removed_at: null,
      },
      ...{ created_at: at, updated_at: at },
    }
    await engine.database.insertInto('exchanges').values(row).execute()
    return row
  }

  /** Everything that a step may write: each row of an exchange, and how many there are of the others. */
  async function snapshot(exchange: { id?: string | undefined } | undefined): Promise<unknown> {
    const tables = ['exchanges', 'outbox', 'events', 'received_messages', 'received_credentials'] as const
    const counts = await Promise.all(
      tables.map((table) =>
        engine.database
          .selectFrom(table)
          .select((eb) => eb.fn.countAll().as('rows'))
          .executeTakeFirst(),
      ),
    )
    const row = exchange?.id === undefined ? undefined : await engine.exchanges.find(exchange.id)
    return { counts: counts.map((each) => Number(each?.rows)), row }
  }

  it('is covered: 2 roles, 7 standings, 12 steps', () => {
    assert.equal(combinations.length, 2 * 7 * 12)
    assert.equal(combinations.filter((each) => next(each)).length, 28)
  })

  for (const combination of combinations) {
    const { role, from, step } = combination
    const to = next(combination)
    const name = `${role} ${from} ${step}`

    it(`${name}: ${to ?? 'refused'} by the engine`, async () => {
      const exchange: ExchangeRow | NewExchange =
        from === 'START'
          ? ({
              ...{ state: 'START', role, tenant_id: tenantId, connection_id: connectionId },
              ...{ thread_id: randomUUID(), format: 'word' },
            } as const)
          : await standing(role, from)
      const before = await snapshot(exchange)
      const doing = advance(engine, { exchange, step, tell: { kind: 'ack' } })
      if (to) {
        const { id } = await doing
        const after = await engine.exchanges.find(id)
        assert.deepEqual([after?.state, after?.role], [to, role])
        const events = await engine.database
          .selectFrom('events')
          .where('subject', '=', id)
          .selectAll()
          .execute()
        assert.deepEqual(
          events.map(({ type, data }) => [type, JSON.parse(data).state]),
          [[`exchange.${eventOf[to]}`, to]],
        )
      } else {
        await assert.rejects(doing, (error: IssuerError) => {
          assert.equal(error.code, 'EXCHANGE_STATE')
          const { state, ...facts } = error.facts
          assert.deepEqual(
            { ...facts, state },
            { role, step, state: from, ...(exchange.id !== undefined && { exchangeId: exchange.id }) },
          )
          return true
        })
        assert.deepEqual(await snapshot(exchange), before)
      }
    })

    it(`${name}: ${to ?? 'nothing'} by the doors`, async () => {
      const exchange = from === 'START' ? undefined : await standing(role, from)
      const before = await snapshot(exchange)
      const outcome = await byDoor(step, exchange).then(
        () => 'done',
        (error: IssuerError) => error.code,
      )
      const after = exchange && (await engine.exchanges.find(exchange.id))
      if (exchange && to) return assert.deepEqual([outcome, after?.state, after?.role], ['done', to, role])
      if (!exchange) return assert.equal(outcome === 'done', begins.includes(step), `${outcome}`)
      if (startsAnother.includes(step)) return assert.deepEqual([outcome, after?.state], ['done', from])
      assert.equal(after?.state, from)
      if (step === 'abandon') return assert.notEqual(after?.removed_at, null)
      if (step !== 'store') assert.match(outcome, /^(EXCHANGE_STATE|MESSAGE_TOO_EARLY)$/)
      assert.deepEqual(await snapshot(exchange), before)
    })
  }

  const eventOf = {
    ...{ PROPOSAL: 'proposed', OFFER: 'offered', REQUEST: 'requested' },
    ...{ ISSUED: 'issued', DONE: 'done', ABANDONED: 'abandoned' },
  }
  /** Steps by whose doors an exchange begins; the role is that of whoever does them. */
  const begins: readonly Step[] = ['send-proposal', 'send-offer', 'receive-proposal', 'receive-offer']
  /** A door that always begins another exchange. */
  const startsAnother: readonly Step[] = ['send-proposal']

  const messages: Partial<Record<Step, [MessageKind, string]>> = {
    'receive-proposal': ['propose-credential', 'word/proposal'],
    'receive-offer': ['offer-credential', 'word/offer'],
    'receive-request': ['request-credential', 'word/request'],
    'receive-credential': ['issue-credential', 'word/credential'],
    'receive-ack': ['ack', ''],
    'receive-problem-report': ['problem-report', ''],
  }

  /** The step as somebody outside asks for it. */
  async function byDoor(step: Step, exchange: ExchangeRow | undefined): Promise<unknown> {
    const input = { ...asker, exchangeId: exchange?.id ?? randomUUID() }
    const start = { ...asker, connectionId, format: 'word', details: {}, autoAcceptRequest: false }
    const [kind, attachmentFormat] = messages[step] ?? []
    if (kind) {
      const threadId = exchange?.thread_id ?? randomUUID()
      const { json } = makeMessage({ kind, threadId, attachmentFormat: attachmentFormat ?? '', content: {} })
      return takeMessage(engine, { connectionId, token, json })
    }
    if (step === 'send-proposal') return proposeCredential(engine, start)
    if (step === 'send-offer')
      return exchange ? answerProposal(engine, { ...start, ...input }) : offerCredential(engine, start)
    if (step === 'send-request') return acceptOffer(engine, { ...input, details: {}, actsFor: () => {} })
    if (step === 'issue') return acceptRequest(engine, input)
    if (step === 'abandon') return deleteExchange(engine, input)
    if (!exchange) throw new IssuerError('EXCHANGE_NOT_FOUND')
    return doWork(engine, {
      payload: JSON.stringify({ exchangeId: exchange.id, work: 'store' }),
      attempts: 1,
    })
  }
})

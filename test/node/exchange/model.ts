import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { IssuerError } from '../../../node/errors.ts'
import { deleteExchange } from '../../../node/exchange/abandon-exchange.ts'
import { acceptOffer } from '../../../node/exchange/accept-offer.ts'
import { acceptRequest } from '../../../node/exchange/accept-request.ts'
import { type Exchange, exchangeOf } from '../../../node/exchange/exchange.ts'
import { answerProposal, offerCredential } from '../../../node/exchange/offer-credential.ts'
import { proposeCredential } from '../../../node/exchange/propose-credential.ts'
import { describeOnStacks, type FreshDatabase, postgres } from '../../stacks.ts'
import {
  attempt,
  connectEngines,
  type Engine,
  type Fate,
  openEngines,
  settle,
  tenantId,
  waiting,
} from './two-engines.ts'

const asker = { tenantId, issuers: undefined }
const fates = ['taken', 'twice', 'unheard', 'lost'] as const satisfies readonly Fate[]

/** What somebody does, or what the network does to one message that is under way. */
type Action =
  | { do: 'propose' }
  | { do: 'offer'; auto: boolean; refused: boolean }
  | { do: 'answer' | 'acceptOffer' | 'acceptRequest' | 'deleteAsIssuer' | 'deleteAsHolder'; which: number }
  | { do: 'move'; side: 0 | 1; which: number; fate: Fate }
  | { do: 'moveAll' }

const which = fc.nat(3)
const by = (name: 'answer' | 'acceptOffer' | 'acceptRequest' | 'deleteAsIssuer' | 'deleteAsHolder') =>
  fc.record({ do: fc.constant(name), which })
const actions: fc.Arbitrary<Action[]> = fc.array(
  fc.oneof(
    { weight: 1, arbitrary: fc.constant({ do: 'propose' } as const) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('offer' as const),
        auto: fc.boolean(),
        refused: fc.nat(9).map((n) => n === 0),
      }),
    },
    { weight: 2, arbitrary: by('answer') },
    { weight: 4, arbitrary: by('acceptOffer') },
    { weight: 3, arbitrary: by('acceptRequest') },
    { weight: 1, arbitrary: by('deleteAsIssuer') },
    { weight: 1, arbitrary: by('deleteAsHolder') },
    { weight: 3, arbitrary: fc.constant({ do: 'moveAll' } as const) },
    {
      weight: 12,
      arbitrary: fc.record({
        do: fc.constant('move' as const),
        side: fc.constantFrom(0 as const, 1 as const),
        which,
        fate: fc.constantFrom(...fates),
      }),
    },
  ),
  { minLength: 5, maxLength: 40 },
)

/** Ways to each state in which an exchange can stay, so that all of them are looked at. */
const opening: Action[] = [{ do: 'offer', auto: false, refused: false }, { do: 'moveAll' }]
const examples: [Action[]][] = [
  [[{ do: 'propose' }]],
  [opening],
  [[...opening, { do: 'acceptOffer', which: 0 }]],
  [[{ do: 'offer', auto: true, refused: false }, { do: 'moveAll' }, { do: 'acceptOffer', which: 0 }]],
  [[...opening, { do: 'deleteAsHolder', which: 0 }]],
]

describeOnStacks('two engines over a transport that duplicates, delays, loses and reorders', (stack) => {
  let fresh: FreshDatabase[]
  let engines: Awaited<ReturnType<typeof openEngines>>
  let issuer: Engine
  let holder: Engine

  before(async () => {
    fresh = [await stack.create(), await stack.create()]
    engines = await openEngines([fresh[0]!.location, fresh[1]!.location])
    issuer = engines.one
    holder = engines.two
  })
  after(async () => {
    await engines?.close()
    for (const each of fresh) await each.drop()
  })

  const exchangesOf = async (engine: Engine, connectionId: string): Promise<Exchange[]> => {
    const rows = await engine.database
      .selectFrom('exchanges')
      .where('connection_id', '=', connectionId)
      .selectAll()
      .orderBy('created_at')
      .execute()
    return rows.map(exchangeOf)
  }

  /** Does an action; one that comes at the wrong time is refused and changes nothing. */
  async function act(action: Action, ids: { one: string; two: string }): Promise<void> {
    if (action.do === 'move') return move(action)
    if (action.do === 'moveAll') return moveAll()
    const common = { ...asker, format: 'word', details: {} }
    if (action.do === 'propose')
      return void (await proposeCredential(holder, { ...common, connectionId: ids.two }))
    if (action.do === 'offer') {
      const { auto: autoAcceptRequest, refused } = action
      const offered = { ...common, connectionId: ids.one, autoAcceptRequest, details: { refused } }
      return void (await offerCredential(issuer, offered))
    }
    const isHolders = action.do === 'acceptOffer' || action.do === 'deleteAsHolder'
    const [engine, connectionId] = isHolders ? [holder, ids.two] : [issuer, ids.one]
    const found = (await exchangesOf(engine, connectionId))[action.which]
    if (!found) return
    const input = { ...asker, exchangeId: found.id }
    const doing = {
      answer: () => answerProposal(engine, { ...input, details: {}, autoAcceptRequest: false }),
      acceptOffer: () => acceptOffer(engine, { ...input, details: {}, actsFor: () => {} }),
      acceptRequest: () => acceptRequest(engine, input),
      deleteAsIssuer: () => deleteExchange(engine, input),
      deleteAsHolder: () => deleteExchange(engine, input),
    }[action.do]
    await doing().catch((error: IssuerError) => {
      const isRefusal = ['EXCHANGE_STATE', 'EXCHANGE_NOT_FOUND', 'ISSUER_DEACTIVATED'].includes(error.code)
      if (!isRefusal) throw error
    })
  }

  async function move({ side, which, fate }: Extract<Action, { do: 'move' }>): Promise<void> {
    const engine = side === 0 ? issuer : holder
    const rows = await waiting(engine)
    const row = rows[which % Math.max(rows.length, 1)]
    if (!row) return
    engines.fate.next = fate
    try {
      await attempt(engine, row)
    } finally {
      engines.fate.next = 'taken'
    }
  }

  /** Everything that is under way, at the same time. */
  async function moveAll(): Promise<void> {
    const sides = await Promise.all(
      [issuer, holder].map(async (engine) => ({ engine, rows: await waiting(engine) })),
    )
    await Promise.all(sides.flatMap(({ engine, rows }) => rows.map((row) => attempt(engine, row))))
  }

  /** The states through which an exchange went, as its events tell. */
  async function pathOf(engine: Engine, id: string): Promise<string[]> {
    const rows = await engine.database
      .selectFrom('events')
      .where('subject', '=', id)
      .where('type', '!=', 'exchange.deleted')
      .select('data')
      .execute()
    return rows.map(({ data }) => JSON.parse(data).state)
  }

  async function checkEnd(ofIssuer: Exchange | undefined, ofHolder: Exchange | undefined): Promise<void> {
    assert.ok(ofIssuer && ofHolder, 'one side has not heard of the exchange')
    assert.deepEqual([ofIssuer.role, ofHolder.role], ['ISSUER', 'HOLDER'])
    for (const [engine, exchange] of [
      [issuer, ofIssuer],
      [holder, ofHolder],
    ] as const) {
      const path = await pathOf(engine, exchange.id)
      assert.equal(new Set(path).size, path.length, `a state was entered twice: ${path.join(' ')}`)
      assert.ok(path.includes(exchange.state))
    }
    const stored = await holder.database
      .selectFrom('received_credentials')
      .where('credential_id', '=', ofHolder.threadId)
      .selectAll()
      .execute()
    assert.equal(stored.length, ofHolder.state === 'DONE' ? 1 : 0)
    const issuerPath = await pathOf(issuer, ofIssuer.id)
    // whoever has issued and then gives up cannot take back what the holder has stored meanwhile
    const hasCrossed =
      ofHolder.state === 'DONE' && issuerPath.includes('ISSUED') && ofIssuer.state === 'ABANDONED'
    if (!hasCrossed) assert.equal(ofIssuer.state, ofHolder.state)
  }

  it('never goes backwards, ends alike on both sides, and gives one credential', async () => {
    const reached = new Map<string, number>()
    const property = fc.asyncProperty(actions, async (list) => {
      const ids = await connectEngines(issuer, holder)
      for (const action of list) await act(action, ids)
      await settle([issuer, holder])
      const ofIssuer = await exchangesOf(issuer, ids.one)
      const ofHolder = await exchangesOf(holder, ids.two)
      const threads = new Set([...ofIssuer, ...ofHolder].map(({ threadId }) => threadId))
      for (const threadId of threads) {
        const isOf = (each: Exchange) => each.threadId === threadId
        await checkEnd(ofIssuer.find(isOf), ofHolder.find(isOf))
        const end = ofHolder.find(isOf)?.state ?? ''
        reached.set(end, (reached.get(end) ?? 0) + 1)
      }
    })
    await fc.assert(property, { numRuns: stack === postgres ? 30 : 80, examples })
    for (const state of ['PROPOSAL', 'OFFER', 'REQUEST', 'DONE', 'ABANDONED'])
      assert.ok((reached.get(state) ?? 0) > 0, `no exchange ended in ${state}`)
  }).timeout(120_000)
})

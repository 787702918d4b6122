import assert from 'node:assert/strict'
import type { JsonObject } from '../../../node/json.ts'
import { agentDelegation } from '../../../node/schemas/built-in/agent-delegation.ts'
import type { OpenedSchema } from '../../../node/schemas/open-schema.ts'
import type { Secured } from '../../../node/suites/suite.ts'
import type { Checks } from '../../../node/verification/verification.ts'
import { verifyCredential } from '../../../node/verification/verify-credential.ts'
import { startChain, type TestChain } from '../../chain.ts'
import { type ChainProxy, startChainProxy } from '../../chain-proxy.ts'
import { type LedgerIssuer, type LedgerIssuers, openLedgerIssuers, type Wish } from './ledger-issuers.ts'

const uuid = (n: number) => `urn:uuid:00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
const [rootId, childId, grandchildId] = [uuid(1), uuid(2), uuid(3)] as const

describe('checkDelegation', () => {
  let chain: TestChain
  let proxy: ChainProxy
  let issuers: LedgerIssuers
  let schema: OpenedSchema
  /** The human, an agent, the agent it passes the task on to, and a last one. */
  let alice: LedgerIssuer
  let bob: LedgerIssuer
  let carol: LedgerIssuer
  let dave: LedgerIssuer

  before(async () => {
    chain = await startChain()
    proxy = await startChainProxy(chain.rpcUrl)
    issuers = await openLedgerIssuers({ rpcUrl: proxy.url, registries: chain.registries })
    ;[alice, bob, carol, dave] = (await Promise.all(
      Array.from({ length: 4 }, () => issuers.createIssuer()),
    )) as [LedgerIssuer, LedgerIssuer, LedgerIssuer, LedgerIssuer]
    schema = await issuers.registerSchema(alice, agentDelegation)
    for (const issuer of [alice, bob]) await issuers.openLists(issuer)
  })
  afterEach(() => proxy.behave(() => 'pass'))
  after(async () => {
    await issuers?.close()
    await proxy?.close()
    await chain?.close()
  })

  /** Signs a delegation from one party to another; `by` issues it, the delegator when left out. */
  const delegate = (
    from: LedgerIssuer,
    to: LedgerIssuer,
    claims: JsonObject,
    { by = from, ...wish }: Partial<Wish> & { by?: LedgerIssuer } = {},
  ): Promise<Secured> =>
    issuers.sign({
      issuer: by,
      schema,
      holderDid: to.did,
      claims: { delegator: from.did, delegate: to.did, scope: ['buy', 'compare'], ...claims },
      ...wish,
    })

  const aliceToBob = (claims: JsonObject = {}, wish: Partial<Wish> = {}) =>
    delegate(
      alice,
      bob,
      { maxDepth: 2, constraints: { maxSpend: 200, shops: ['a', 'b'] }, ...claims },
      { id: rootId, ...wish },
    )
  const bobToCarol = (claims: JsonObject = {}, wish: Partial<Wish> & { by?: LedgerIssuer } = {}) =>
    delegate(
      bob,
      carol,
      {
        scope: ['buy'],
        maxDepth: 1,
        constraints: { maxSpend: 100, shops: ['a'] },
        parentCredentialId: rootId,
        ...claims,
      },
      { id: childId, ...wish },
    )
  const carolToDave = (claims: JsonObject = {}, wish: Partial<Wish> = {}) =>
    delegate(
      carol,
      dave,
      {
        scope: ['buy'],
        maxDepth: 0,
        constraints: { maxSpend: 50, shops: ['a'] },
        parentCredentialId: childId,
        ...claims,
      },
      { id: grandchildId, ...wish },
    )

  /** Verifies; every check but the delegation must pass. */
  async function judge(
    credential: Secured,
    parents: readonly Secured[] = [],
  ): Promise<NonNullable<Checks['delegation']>> {
    const { verified, checks } = await verifyCredential(issuers.deps, { credential, chain: parents })
    const { delegation, ...others } = checks
    for (const [name, { status, reason }] of Object.entries(others)) {
      assert.equal(status, 'pass', `${name}: ${reason}`)
    }
    assert.ok(delegation)
    assert.equal(verified, delegation.status === 'pass')
    return delegation
  }

  it('passes a root that speaks for its issuer', async () => {
    const credential = await aliceToBob()
    assert.deepEqual(await judge(credential), { status: 'pass', onBehalfOf: alice.did, chain: [] })
  })

  it('follows child and grandchild to the root, whatever the order of the chain', async () => {
    const [root, child, grandchild] = [await aliceToBob(), await bobToCarol(), await carolToDave()]
    assert.deepEqual(await judge(child, [root]), { status: 'pass', onBehalfOf: alice.did, chain: [rootId] })
    for (const parents of [
      [child, root],
      [root, child],
    ]) {
      assert.deepEqual(await judge(grandchild, parents), {
        status: 'pass',
        onBehalfOf: alice.did,
        chain: [childId, rootId],
      })
    }
  })

  it("passes a child that the parent's issuer narrowed on behalf of the delegate", async () => {
    const child = await bobToCarol({}, { by: alice })
    assert.equal((await judge(child, [await aliceToBob()])).status, 'pass')
  })

  it('follows chains of mixed proof types', async () => {
    const root = await aliceToBob({}, { proofType: 'JwtProof2020', keyType: 'P-256' })
    const child = await bobToCarol({}, { proofType: 'Ed25519Signature2020' })
    assert.equal((await judge(child, [root])).status, 'pass')
  })

  it('has no delegation check for other credentials', async () => {
    const { name, type, jsonSchema } = { ...agentDelegation, name: 'note', type: 'NoteCredential' }
    const note = await issuers.registerSchema(alice, { name, type, jsonSchema })
    const claims = { delegator: alice.did, delegate: bob.did, scope: ['buy'] }
    const credential = await issuers.sign({ issuer: alice, schema: note, claims })
    const outcome = await verifyCredential(issuers.deps, { credential })
    assert.equal(outcome.verified, true)
    assert.equal('delegation' in outcome.checks, false)
  })

  it('cannot decide when a parent is missing, at any height', async () => {
    const [root, child, grandchild] = [await aliceToBob(), await bobToCarol(), await carolToDave()]
    for (const [credential, parents, missing, followed] of [
      [child, [], rootId, []],
      [grandchild, [root], childId, []],
      [grandchild, [child], rootId, [childId]],
    ] as const) {
      const { status, reason, onBehalfOf, chain: ids } = await judge(credential, parents)
      assert.deepEqual({ status, onBehalfOf, ids }, { status: 'unknown', onBehalfOf: null, ids: followed })
      assert.ok(reason?.includes(missing), reason)
    }
  })

  it('fails every descendant of a revoked parent, for that reason', async () => {
    const index = 4_711
    const root = await aliceToBob({}, { status: [{ purpose: 'revocation', index }] })
    const [child, grandchild] = [await bobToCarol(), await carolToDave()]
    assert.equal((await judge(grandchild, [root, child])).status, 'pass')
    await issuers.setStatus(alice, 'revocation', index)
    for (const [credential, parents] of [
      [child, [root]],
      [grandchild, [root, child]],
    ] as const) {
      const { status, reason, onBehalfOf } = await judge(credential, parents)
      assert.deepEqual({ status, onBehalfOf }, { status: 'fail', onBehalfOf: null })
      assert.match(reason ?? '', new RegExp(`${rootId} does not hold: The credential has been revoked`))
    }
  })

  it('fails below a suspended parent, an expired one, and one whose issuer is deactivated', async () => {
    const index = 4_712
    const suspended = await aliceToBob({}, { status: [{ purpose: 'suspension', index }] })
    await issuers.setStatus(alice, 'suspension', index)
    assert.match((await judge(await bobToCarol(), [suspended])).reason ?? '', /suspended/)

    const past = (days: number) => new Date(Math.floor(Date.now() / 1000) * 1000 - days * 86_400_000)
    const expired = await aliceToBob({}, { validFrom: past(2), validUntil: past(1) })
    const child = await bobToCarol({}, { validFrom: past(2), validUntil: past(1) })
    const { checks } = await verifyCredential(issuers.deps, { credential: child, chain: [expired] })
    assert.equal(checks.expiration.status, 'fail')
    assert.match(checks.delegation?.reason ?? '', /expired/)

    const gone = await issuers.createIssuer()
    const root = await delegate(gone, bob, { maxDepth: 1 }, { id: rootId })
    const below = await bobToCarol({ maxDepth: 0, constraints: {} })
    assert.equal((await judge(below, [root])).status, 'pass')
    await gone.deactivate()
    assert.match((await judge(below, [root])).reason ?? '', /deactivated/)
  })

  it('fails a child that widens what its parent allows', async () => {
    const root = await aliceToBob()
    const year = new Date(Math.floor(Date.now() / 1000) * 1000 + 31_536_000_000)
    for (const [claims, wish, expected] of [
      [{ scope: ['buy', 'sell'] }, {}, /\/scope\/1 is outside/],
      [{ maxDepth: 2 }, {}, /\/maxDepth must be at most 1/],
      [{ constraints: { maxSpend: 201, shops: ['a'] } }, {}, /maxSpend must be at most 200/],
      [{ constraints: { maxSpend: 100, shops: ['a', 'c'] } }, {}, /shops must be a subset/],
      [{ constraints: { maxSpend: 100 } }, {}, /shops is a constraint of the parent/],
      [{}, { validUntil: year }, /must expire by/],
      [{}, { validUntil: null }, /must expire by/],
      [{ delegator: dave.did }, {}, /\/delegator must be the parent's delegate/],
      [{}, { by: dave }, /may be issued only by/],
      [{ delegate: dave.did }, {}, /\/delegate must be the holder/],
    ] as const satisfies readonly (readonly [JsonObject, Partial<Wish> & { by?: LedgerIssuer }, RegExp])[]) {
      const { status, reason, onBehalfOf } = await judge(await bobToCarol(claims, wish), [root])
      assert.deepEqual({ status, onBehalfOf }, { status: 'fail', onBehalfOf: null }, String(expected))
      assert.match(reason ?? '', expected)
    }
  })

  it('fails a grandchild whose own parent widens, although it narrows that parent', async () => {
    const [root, child] = [await aliceToBob(), await bobToCarol({ scope: ['buy', 'sell'] })]
    const { status, reason } = await judge(await carolToDave({ scope: ['sell'] }), [root, child])
    assert.equal(status, 'fail')
    assert.match(reason ?? '', new RegExp(`${childId}: /scope/1`))
  })

  it('fails below a parent that allows no further delegation', async () => {
    for (const maxDepth of [{ maxDepth: 0 }, {}]) {
      const root = await delegate(alice, bob, maxDepth, { id: rootId })
      const { reason } = await judge(await bobToCarol({ maxDepth: 0 }), [root])
      assert.match(reason ?? '', /allows no further delegation/)
    }
  })

  it('fails a circle', async () => {
    const one = await bobToCarol({ parentCredentialId: childId, maxDepth: 5 }, { id: rootId, by: bob })
    const self = await judge(one, [await bobToCarol({}, { id: childId })])
    assert.equal(self.status, 'fail')

    // Each narrows nothing, so that only the length ends it: depth cannot fall for ever.
    const loop = await delegate(alice, alice, { parentCredentialId: rootId, maxDepth: 1 }, { id: rootId })
    const { status, onBehalfOf } = await judge(loop, [loop])
    assert.deepEqual({ status, onBehalfOf }, { status: 'fail', onBehalfOf: null })
  })

  it('names a forger, never the human, as the root of a forged parent with the same id', async () => {
    const mallory = await issuers.createIssuer()
    const genuine = await aliceToBob()
    const child = await bobToCarol({ scope: ['sell'], constraints: {}, maxDepth: 0 })
    assert.equal((await judge(child, [genuine])).status, 'fail')

    // In the forger's own name it is another chain, and whoever compares onBehalfOf sees that.
    const own = await delegate(mallory, bob, { scope: ['sell'], maxDepth: 1 }, { id: rootId })
    assert.deepEqual(await judge(child, [own]), { status: 'pass', onBehalfOf: mallory.did, chain: [rootId] })

    // In the name of the human, but issued by the forger.
    const posing = await delegate(alice, bob, { scope: ['sell'], maxDepth: 1 }, { id: rootId, by: mallory })
    const { status, onBehalfOf } = await judge(child, [posing])
    assert.deepEqual({ status, onBehalfOf }, { status: 'fail', onBehalfOf: null })

    // In the name of the human, with the signature of the forger.
    const forged = await issuers.sign({
      issuer: { ...alice, key: mallory.key },
      schema,
      id: rootId,
      holderDid: bob.did,
      claims: { delegator: alice.did, delegate: bob.did, scope: ['sell'], maxDepth: 1 },
    })
    const verdict = await judge(child, [forged])
    assert.deepEqual(
      { status: verdict.status, onBehalfOf: verdict.onBehalfOf },
      { status: 'fail', onBehalfOf: null },
    )
    assert.match(verdict.reason ?? '', /does not hold: The key of the proof is not controlled/)
  })

  it('fails a parent that was tampered with, and one that is no delegation', async () => {
    const root = structuredClone(await aliceToBob()) as { credentialSubject: JsonObject }
    root.credentialSubject.scope = ['buy', 'compare', 'sell']
    const { reason } = await judge(await bobToCarol({ scope: ['sell'] }), [root as unknown as JsonObject])
    assert.match(reason ?? '', /does not hold/)

    const { name, type, jsonSchema } = { ...agentDelegation, name: 'memo', type: 'MemoCredential' }
    const memo = await issuers.registerSchema(alice, { name, type, jsonSchema })
    const claims = { delegator: alice.did, delegate: bob.did, scope: ['buy'], maxDepth: 2 }
    const parent = await issuers.sign({ issuer: alice, schema: memo, id: rootId, holderDid: bob.did, claims })
    assert.match((await judge(await bobToCarol(), [parent])).reason ?? '', /is no delegation/)
  })

  it('cannot decide while the chain does not answer for a parent', async () => {
    const [root, child] = [await aliceToBob(), await bobToCarol()]
    proxy.behave(() => 'lose request')
    const { verified, checks } = await verifyCredential(issuers.deps, { credential: child, chain: [root] })
    assert.equal(verified, false)
    assert.equal(checks.delegation?.status, 'unknown')
  })
})

import assert from 'node:assert/strict'
import type { IssuanceTerms } from '../../../node/issuance/issuance.ts'
import type { Hex } from '../../../node/ledger/ledger.ts'
import type { RegisteredCredentialRow } from '../../../node/stores/credentials.ts'
import { startChain, type TestChain } from '../../chain.ts'
import { type ChainProxy, type RpcRequest, startChainProxy } from '../../chain-proxy.ts'
import { degree, fails, type Issuing, openIssuing } from '../../issuing.ts'
import { describeOnNodeStacks, type FreshDatabase } from '../../stacks.ts'

const holderDid = 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK'
const isBroadcast = ({ method }: RpcRequest) => method === 'eth_sendRawTransaction'

describeOnNodeStacks('the group commit of registrations', (stack) => {
  let chain: TestChain
  let proxy: ChainProxy
  let fresh: FreshDatabase
  let house: Issuing
  let issuer: Awaited<ReturnType<Issuing['createIssuer']>>
  let terms: IssuanceTerms
  const opened: Issuing[] = []

  const open = async (
    options: { anchorWaitMs?: number; gatherMs?: number; ttlMs?: number; jobs?: boolean } = {},
  ) => {
    const issuing = await openIssuing({
      chain,
      location: fresh.location,
      queueUrl: fresh.queueUrl,
      rpcUrl: proxy.url,
      ...options,
    })
    opened.push(issuing)
    return issuing
  }
  const close = async (issuing: Issuing) => {
    opened.splice(opened.indexOf(issuing), 1)
    await issuing.close()
  }

  before(async () => {
    chain = await startChain()
    proxy = await startChainProxy(chain.rpcUrl)
  })

  after(async () => {
    await proxy?.close()
    await chain?.close()
  })

  beforeEach(async () => {
    fresh = await stack.create({ prepared: true })
    house = await open()
    issuer = await house.createIssuer()
    terms = await house.degreeTerms(issuer)
    await house.issue({ ...terms, holderDid, claims: degree })
  })

  afterEach(async () => {
    proxy.behave(() => 'pass')
    await chain.request('evm_setAutomine', [true])
    for (const issuing of [...opened]) await close(issuing)
    await fresh.drop()
  })

  const one = (issuing = house) => issuing.issue({ ...terms, holderDid, claims: degree })
  const keyOf = (identity = issuer.identity) =>
    house.ledger.statusLists.keyOf({ issuer: identity, purpose: 'revocation', number: 1 })
  const registered = async (issuing = house) => (await issuing.ledger.statusLists.get(keyOf()))?.registered

  /** Waits until the newest credentials are as asked. */
  const reached = async (are: (rows: RegisteredCredentialRow[]) => boolean) => {
    while (!are((await house.deps.credentials.list({ tenantId: 'default', limit: 10 })).items))
      await new Promise(setImmediate)
  }

  /** Waits until nothing is left to register. */
  const settled = async (issuing: Issuing) => {
    for (;;) {
      const { n } = await issuing.database
        .selectFrom('registration_groups as groups')
        .leftJoin('registrations', 'registrations.registration_id', 'groups.registration_id')
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .where((eb) =>
          eb.or([eb('groups.registration_id', 'is', null), eb('registrations.state', '=', 'open')]),
        )
        .executeTakeFirstOrThrow()
      if (n === 0) return
      await new Promise(setImmediate)
    }
  }

  /** Every credential of the database has a proof that the ledger's root confirms, and the counters agree. */
  const checkAll = async (issuing: Issuing, expected: number) => {
    const rows = await issuing.database.selectFrom('credentials').select('credential_id').execute()
    assert.equal(rows.length, expected)
    for (const { credential_id } of rows) {
      const proof = await issuing.prove(credential_id)
      const found = await issuing.ledger.statusLists.registrationInTransaction(
        proof.statusListKey as Hex,
        proof.transactionHash as Hex,
      )
      assert.ok(found.some(({ root }) => root === proof.root))
    }
    assert.equal(await registered(issuing), expected)
  }

  it('puts 200 concurrent single issues into at most 20 transactions, and tells each its own', async () => {
    const before = await house.ledger.head()
    const issued = await Promise.all(Array.from({ length: 200 }, () => one()))
    const hashes = new Set(issued.map(({ registration }) => registration.transactionHash))
    const { blockNumber } = await house.ledger.head()
    assert.ok(hashes.size <= 20, String(hashes.size))
    assert.ok(blockNumber - before.blockNumber <= 20)
    assert.equal(new Set(issued.map(({ statusListIndex }) => statusListIndex)).size, 200)
    for (const { credentialId, registration } of issued.slice(0, 20))
      assert.equal((await house.prove(credentialId)).transactionHash, registration.transactionHash)
    await checkAll(house, 201)
  })

  it('waits for credentials that are about to be recorded', async () => {
    await close(house)
    house = await open({ gatherMs: 60_000 })
    const recorded = house.anchor.expect(1)
    const issues = [one(), one()]
    await reached((rows) => rows.length === 3)
    const { items } = await house.deps.credentials.list({ tenantId: 'default', limit: 2 })
    assert.deepEqual(
      items.map((row) => row.registration_id),
      [null, null],
    )
    recorded()
    const [first, second] = await Promise.all(issues)
    assert.equal(first?.registration.transactionHash, second?.registration.transactionHash)
  })

  it('waits for nobody when many are recorded', async () => {
    await close(house)
    house = await open({ gatherMs: 60_000 })
    const recorded = house.anchor.expect(1)
    const subjects = Array.from({ length: 500 }, () => ({ holderDid, claims: degree }))
    const { registration } = await house.issueBatch({ ...terms, subjects })
    assert.equal(registration.state, 'registered')
    const later = one()
    // a single one waits again
    await reached(([newest]) => newest?.registration_id === null)
    recorded()
    assert.equal((await later).registration.state, 'registered')
  })

  it('shares a transaction between issuers', async () => {
    const other = await house.createIssuer()
    await house.issue({ ...terms, issuerDid: other.did, holderDid, claims: degree })
    await chain.request('evm_setAutomine', [false])
    const waiting = one()
    // the first is in flight; the next two wait for it, and then for each other
    await reached((rows) => rows.length === 3 && rows.every((row) => row.registration_id !== null))
    const later = [one(), house.issue({ ...terms, issuerDid: other.did, holderDid, claims: degree })]
    await reached((rows) => rows.length === 5)
    await chain.request('evm_setAutomine', [true])
    await chain.request('evm_mine')
    const [first, second, third] = await Promise.all([waiting, ...later])
    assert.notEqual(first?.registration.transactionHash, second?.registration.transactionHash)
    assert.equal(second?.registration.transactionHash, third?.registration.transactionHash)
  })

  it('answers pending when the ledger takes too long, and finishes in the background', async () => {
    const impatient = await open({ anchorWaitMs: 1 })
    await chain.request('evm_setAutomine', [false])
    const issued = await one(impatient)
    assert.deepEqual(issued.registration, { state: 'pending', transactionHash: null })
    await assert.rejects(impatient.prove(issued.credentialId), fails('REGISTRATION_PENDING'))
    await chain.request('evm_setAutomine', [true])
    await chain.request('evm_mine')
    await settled(impatient)
    await checkAll(impatient, 2)
  })

  it('writes nothing when the chain cannot be reached before the record', async () => {
    const fresh = await open({ ttlMs: 0 })
    proxy.behave(() => 'lose request')
    await assert.rejects(one(fresh), fails('CHAIN_UNREACHABLE'))
    proxy.behave(() => 'pass')
    await checkAll(fresh, 1)
  })

  for (const fate of ['lose request', 'lose answer'] as const)
    it(`registers once when a broadcast does ${fate}`, async () => {
      let lost = 0
      proxy.behave((requests) => (requests.some(isBroadcast) && lost++ === 0 ? fate : 'pass'))
      await one()
      assert.ok(lost > 0)
      await settled(house)
      await checkAll(house, 2)
    })

  const isStored = async (issuing: Issuing, reference: string) =>
    (
      await issuing.database
        .selectFrom('transactions')
        .select('hash')
        .where('reference', '=', reference)
        .execute()
    ).length > 0

  for (const [when, mined] of [
    ['between broadcast and receipt', true],
    ['before the broadcast', false],
  ] as const)
    it(`registers once after a stop ${when}`, async () => {
      const doomed = await open({ anchorWaitMs: 1 })
      await close(house)
      if (mined) await chain.request('evm_setAutomine', [false])
      else proxy.behave((requests) => (requests.some(isBroadcast) ? 'lose request' : 'pass'))
      const issued = await one(doomed)
      for (;;) {
        const anchor = await doomed.database
          .selectFrom('anchors')
          .selectAll()
          .where('open', '=', 1)
          .executeTakeFirst()
        if (anchor && (await isStored(doomed, anchor.anchor_id))) break
        await new Promise(setImmediate)
      }
      await close(doomed)
      proxy.behave(() => 'pass')
      if (mined) {
        await chain.request('evm_setAutomine', [true])
        await chain.request('evm_mine')
      }
      house = await open()
      await settled(house)
      assert.equal((await house.prove(issued.credentialId)).credentialId, issued.credentialId)
      await checkAll(house, 2)
      await one()
      await checkAll(house, 3)
    })

  it('registers what was recorded before a stop and never sent', async () => {
    await close(house)
    const idle = await open({ anchorWaitMs: 1, jobs: false })
    const issued = await Promise.all(Array.from({ length: 5 }, () => one(idle)))
    assert.ok(issued.every(({ registration }) => registration.state === 'pending'))
    await close(idle)
    house = await open()
    await settled(house)
    await checkAll(house, 6)
  })

  it('registers once when two nodes work on one database', async () => {
    const other = await open()
    const issued = await Promise.all(Array.from({ length: 40 }, (_, n) => one(n % 2 ? house : other)))
    assert.equal(new Set(issued.map(({ statusListIndex }) => statusListIndex)).size, 40)
    await settled(house)
    await checkAll(house, 41)
  })

  it('lets the others go on when one issuer was deactivated meanwhile', async () => {
    await close(house)
    // recorded while no job runs, so that all of them share the transaction
    const idle = await open({ anchorWaitMs: 1, jobs: false })
    const gone = await idle.createIssuer()
    const third = await idle.createIssuer()
    const of = (did: string) => idle.issue({ ...terms, issuerDid: did, holderDid, claims: degree })
    const doomed = await of(gone.did)
    for (const did of [issuer.did, third.did]) await of(did)
    await gone.deactivate()
    await close(idle)
    house = await open()
    await settled(house)
    await assert.rejects(house.prove(doomed.credentialId), fails('ISSUER_DEACTIVATED'))
    const rows = (await house.deps.credentials.list({ tenantId: 'default', limit: 10 })).items
    const states = rows.map((row) => [row.issuer_did === gone.did, row.registration_state])
    assert.equal(states.filter(([isGone, state]) => isGone && state === 'refused').length, 1)
    assert.equal(states.filter(([, state]) => state === 'registered').length, rows.length - 1)
  })
})

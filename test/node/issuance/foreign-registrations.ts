import assert from 'node:assert/strict'
import { IssuerError } from '../../../node/errors.ts'
import type { IssuanceTerms } from '../../../node/issuance/issuance.ts'
import type { Queue } from '../../../node/jobs/queue.ts'
import type { Address, Hex, RegistrationOp, SendOptions } from '../../../node/ledger/ledger.ts'
import { createRegistrationStore } from '../../../node/stores/registrations.ts'
import { startChain, type TestChain } from '../../chain.ts'
import { type ChainProxy, startChainProxy } from '../../chain-proxy.ts'
import { degree, type Issuing, openIssuing } from '../../issuing.ts'
import { settled } from '../../ledger-agreement.ts'
import { describeOnNodeStacks, type FreshDatabase } from '../../stacks.ts'

const holderDid = 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK'
type Issuer = Awaited<ReturnType<Issuing['createIssuer']>>

describeOnNodeStacks('registrations in lists that their owners write to', (stack) => {
  let chain: TestChain
  let proxy: ChainProxy
  let fresh: FreshDatabase
  let house: Issuing
  let terms: IssuanceTerms
  let intruder: Issuer
  let others: Issuer[]
  let owner: Address
  /** What the owner has registered. */
  let written: number
  let interfering: boolean

  const open = (jobs = true) =>
    openIssuing({
      chain,
      location: fresh.location,
      queueUrl: fresh.queueUrl,
      rpcUrl: proxy.url,
      anchorWaitMs: 1,
      gatherMs: 20,
      jobs,
      // nobody sees a transaction that was refused in its block as stuck
      relayer: { stuckAfter: 5_000 },
    })

  before(async () => {
    chain = await startChain()
    proxy = await startChainProxy(chain.rpcUrl)
  })

  after(async () => {
    await proxy?.close()
    await chain?.close()
  })

  beforeEach(async () => {
    written = 0
    interfering = true
    fresh = await stack.create({ prepared: true })
    house = await open()
    intruder = await house.createIssuer()
    others = [await house.createIssuer(), await house.createIssuer(), await house.createIssuer()]
    terms = await house.degreeTerms(intruder)
    // its controller is somebody else, who has ether of its own
    const wallets = await chain.viem.getWalletClients()
    owner = wallets[5]!.account.address
    await intruder.change({ kind: 'changeOwner', owner })
    for (const issuer of [intruder, ...others]) await issueFor(issuer)
    await settled(house)
  })

  afterEach(async () => {
    proxy.behave(() => 'pass')
    interfering = false
    await house.close()
    await fresh.drop()
  })

  const issueFor = async ({ did }: Issuer) =>
    (await house.issue({ ...terms, issuerDid: did, holderDid, claims: degree })).credentialId

  const keyOf = ({ identity }: Issuer) =>
    house.ledger.statusLists.keyOf({ issuer: identity, purpose: 'revocation', number: 1 })

  /** The owner registers something of its own in its list. */
  async function ownerWrites(count = 1): Promise<void> {
    const registry = await chain.viem.getContractAt('StatusListRegistry', chain.registries.statusListRegistry)
    const key = keyOf(intruder)
    const { registered } = (await house.ledger.statusLists.get(key))!
    const write = registry.write as unknown as {
      registerEntries(args: unknown[], options: { account: Address }): Promise<Hex>
    }
    const root = `0x${'ab'.repeat(32)}`
    await write.registerEntries([key, registered, count, root], { account: owner })
    written += count
  }

  /** Has something happen before each transaction that registers: before it is tried, or between its signing and its block. */
  function interfere(
    when: 'it is tried' | 'it is in a block',
    act: (ops: readonly RegistrationOp[]) => Promise<void>,
  ) {
    const { registerBatch } = house.ledger.statusLists
    house.ledger.statusLists.registerBatch = async (ops, options: SendOptions = {}) => {
      if (!interfering) return registerBatch(ops, options)
      if (when === 'it is tried') await act(ops)
      const onSigned: SendOptions['onSigned'] = async (...signed) => {
        await options.onSigned?.(...signed)
        await act(ops)
      }
      return registerBatch(ops, when === 'it is tried' ? options : { ...options, onSigned })
    }
  }

  /** Issues while no job runs, so that all of them share the next transaction. */
  async function recorded(issuers: readonly Issuer[]): Promise<string[]> {
    await house.close()
    house = await open(false)
    const ids: string[] = []
    for (const issuer of issuers) ids.push(await issueFor(issuer))
    return ids
  }

  const start = () => (house.deps.queue as Queue).start([house.anchor.job])

  async function until(reached: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + 20_000
    while (!(await reached())) {
      assert.ok(Date.now() < deadline, `${reached} after ${house.errors.slice(-2)}`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  const areRegistered = async (ids: readonly string[]) =>
    (await createRegistrationStore(house.database).settledOf(ids)).filter(
      ({ state }) => state === 'registered',
    ).length === ids.length

  /** Each credential of a list is registered once, with a root that the ledger has once. */
  async function check(issuer: Issuer, ids: readonly string[], counter: number): Promise<void> {
    const key = keyOf(issuer)
    const roots = new Map<string, number>()
    for (const id of ids) {
      const proof = await house.prove(id)
      assert.equal(proof.statusListKey, key)
      const found = await house.ledger.statusLists.registrationInTransaction(
        key,
        proof.transactionHash as Hex,
      )
      assert.equal(found.filter(({ root }) => root === proof.root).length, 1)
      roots.set(proof.root, (roots.get(proof.root) ?? 0) + 1)
    }
    const { registered } = (await house.ledger.statusLists.get(key))!
    assert.equal(registered, counter)
  }

  for (const when of ['it is tried', 'it is in a block'] as const)
    it(`hold up nobody else while the owner writes before ${when}, and come once it stops`, async () => {
      const [own, ...ids] = await recorded([intruder, ...others])
      let sent = 0
      interfere(when, async (ops) => {
        sent++
        if (ops.some(({ key }) => key === keyOf(intruder))) await ownerWrites()
      })
      await start()
      await until(() => areRegistered(ids))
      // with all, without the one, and that one twice alone
      await until(async () => sent >= 4)
      assert.equal(sent, 4)
      // what comes meanwhile goes on, and waits where something waits
      const later = [await issueFor(others[0]!), await issueFor(others[1]!)]
      const ownLater = await issueFor(intruder)
      await until(() => areRegistered(later))
      assert.equal(await areRegistered([own!]), false)
      assert.ok(sent <= 25, String(sent))
      assert.ok(written <= 25, String(written))
      const claimed = await house.database
        .selectFrom('registration_entries as entries')
        .innerJoin('registration_groups as groups', 'groups.group_id', 'entries.group_id')
        .select('registration_id')
        .where('credential_id', '=', ownLater)
        .executeTakeFirst()
      assert.equal(claimed?.registration_id, null)
      // it is rarely tried, and by a process that knows nothing of the attempts before, too
      await house.close()
      house = await open()
      await until(() => areRegistered([own!, ownLater]))
      await settled(house)
      await check(intruder, [own!, ownLater], 3 + written)
      for (const [position, issuer] of others.entries())
        await check(issuer, [ids[position]!, ...later.slice(position, position + 1)], position < 2 ? 3 : 2)
      const left = await house.database
        .selectFrom('outbox')
        .select('id')
        .where('job', '=', 'anchor')
        .execute()
      assert.deepEqual(left, [])
    })

  it('hold up nobody else while the ledger refuses them and does not say why', async () => {
    const [own, ...ids] = await recorded([intruder, ...others])
    const mark = keyOf(intruder).slice(2)
    let refused = 0
    proxy.behave((requests) =>
      requests.some((one) => one.method === 'eth_estimateGas' && JSON.stringify(one.params).includes(mark)) &&
      ++refused > 0
        ? { refuse: 'execution reverted' }
        : 'pass',
    )
    await start()
    await until(() => areRegistered(ids))
    await until(async () => refused >= 5)
    const later = await issueFor(others[0]!)
    await until(() => areRegistered([later]))
    assert.ok(refused <= 25, String(refused))
    proxy.behave(() => 'pass')
    await until(() => areRegistered([own!]))
    await check(intruder, [own!], 2)
  })

  it('come once when a reorganisation takes away what the owner wrote, and lets in what was refused', async () => {
    const snapshot = await chain.request('evm_snapshot')
    const [own] = await recorded([intruder])
    let sent = 0
    interfere('it is in a block', async () => {
      sent++
      await ownerWrites(2)
    })
    await start()
    await until(async () => sent === 3)
    await house.close()
    assert.equal(await chain.request('evm_revert', [snapshot]), true)
    house = await open(false)
    // somebody has kept it, and it is in a block before anything is looked at
    const { raw } = await house.database
      .selectFrom('transactions')
      .innerJoin('registrations', 'registrations.anchor_id', 'transactions.reference')
      .select('raw')
      .where('registrations.state', '=', 'open')
      .orderBy('nonce')
      .limit(1)
      .executeTakeFirstOrThrow()
    await chain.request('eth_sendRawTransaction', [raw])
    assert.equal((await house.ledger.statusLists.get(keyOf(intruder)))?.registered, 2)
    await start()
    await until(() => areRegistered([own!]))
    await check(intruder, [own!], 2)
  })

  it('are tried although the half before them has failed', async () => {
    const ids = await recorded([intruder, ...others])
    const tried: string[][] = []
    const { registerBatch } = house.ledger.statusLists
    house.ledger.statusLists.registerBatch = async (ops, options) => {
      tried.push(ops.map(({ key }) => key))
      const facts = { error: 'Unauthorized' }
      if (tried.length === 1) throw new IssuerError('TRANSACTION_REVERTED', { facts })
      if (tried.length === 2) throw new IssuerError('CHAIN_UNREACHABLE')
      return registerBatch(ops, options)
    }
    await start()
    await until(() => areRegistered(ids))
    assert.deepEqual([...tried[1]!, ...tried[2]!], tried[0])
    // the first half comes again with the next run
    assert.deepEqual(tried[3], tried[1])
    assert.equal(tried.length, 4)
  })
})

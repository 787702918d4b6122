import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { IssuerError } from '../../../node/errors.ts'
import { createStatusChanger } from '../../../node/issuance/change-status.ts'
import type { IssuanceTerms } from '../../../node/issuance/issuance.ts'
import { openLedger } from '../../../node/ledger/open-ledger.ts'
import type { RelayerSettings } from '../../../node/ledger/relayer.ts'
import { onBehalfOf } from '../../../node/request-context.ts'
import { bitstringStatusList } from '../../../node/status/bitstring-status-list.ts'
import { startChain, type TestChain } from '../../chain.ts'
import { type ChainProxy, type RpcRequest, startChainProxy } from '../../chain-proxy.ts'
import { digestSigner, fundedKey } from '../../digest-signer.ts'
import { degree, fails, type Issuing, openIssuing } from '../../issuing.ts'
import { describeOnNodeStacks, type FreshDatabase } from '../../stacks.ts'

const holderDid = 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK'
const isBroadcast = ({ method }: RpcRequest) => method === 'eth_sendRawTransaction'

describeOnNodeStacks('the status of credentials', (stack) => {
  let chain: TestChain
  let proxy: ChainProxy
  let fresh: FreshDatabase
  let house: Issuing
  let issuer: Awaited<ReturnType<Issuing['createIssuer']>>
  let terms: IssuanceTerms

  const open = (relayer: Partial<RelayerSettings> = {}) =>
    openIssuing({ chain, location: fresh.location, queueUrl: fresh.queueUrl, rpcUrl: proxy.url, relayer })

  before(async () => {
    chain = await startChain()
    proxy = await startChainProxy(chain.rpcUrl)
    fresh = await stack.create()
    house = await open()
    issuer = await house.createIssuer()
    terms = await house.degreeTerms(issuer, true)
  })

  afterEach(() => proxy.behave(() => 'pass'))

  after(async () => {
    await house?.close()
    await proxy?.close()
    await chain?.close()
    await fresh?.drop()
  })

  const issue = async (change: Partial<IssuanceTerms> = {}) =>
    (await house.issue({ ...terms, ...change, holderDid, claims: degree })).credentialId
  const issueMany = async (count: number) => {
    const subjects = Array.from({ length: count }, () => ({ holderDid, claims: degree }))
    const { results } = await house.issueBatch({ ...terms, subjects })
    return results.map((row) => (row.status === 'issued' ? row.credentialId : assert.fail()))
  }
  const change = (action: 'revoke' | 'suspend' | 'reinstate', ...credentialIds: string[]) =>
    house.changer.change({ action, credentialIds })
  const of = <T>(tenantId: string, work: () => T) =>
    onBehalfOf({ requestId: null, tenantId, actor: 'x' }, work)
  const recorded = async (id: string) => (await house.deps.credentials.get(id))?.status
  const blockNumber = async () => (await house.ledger.head()).blockNumber

  it('revokes on the ledger and in the records, with the transaction', async () => {
    const id = await issue()
    assert.equal((await house.status(id)).status, 'valid')
    const outcome = await house.changer.change({ action: 'revoke', credentialIds: [id], reason: 'left' })
    assert.equal(outcome.status, 'revoked')
    assert.deepEqual(outcome.transactionHashes, [outcome.transactionHash])
    assert.ok(await house.ledger.receipt(outcome.transactionHash as `0x${string}`))
    const status = await house.status(id)
    assert.deepEqual([status.status, status.revoked, status.suspended], ['revoked', true, false])
    assert.equal(await recorded(id), 'revoked')
  })

  it('revokes once', async () => {
    const id = await issue()
    await change('revoke', id)
    const before = await blockNumber()
    for (const action of ['revoke', 'suspend', 'reinstate'] as const)
      await assert.rejects(change(action, id), fails('ALREADY_REVOKED'))
    assert.equal(await blockNumber(), before)
  })

  it('suspends, reinstates, and revokes what is suspended', async () => {
    const id = await issue()
    await assert.rejects(change('reinstate', id), fails('NOT_SUSPENDED'))
    await change('suspend', id)
    assert.equal((await house.status(id)).status, 'suspended')
    await assert.rejects(change('suspend', id), fails('ALREADY_SUSPENDED'))
    await change('reinstate', id)
    assert.equal((await house.status(id)).status, 'valid')
    await change('suspend', id)
    await change('revoke', id)
    const status = await house.status(id)
    assert.deepEqual([status.status, status.revoked, status.suspended], ['revoked', true, true])
  })

  it('refuses what has no entry of that purpose, is unknown, or is of another issuer', async () => {
    const plain = await issue({ revocable: false, suspendable: false })
    await assert.rejects(change('revoke', plain), fails('CREDENTIAL_NOT_REVOCABLE'))
    await assert.rejects(
      change('suspend', await issue({ suspendable: false })),
      fails('CREDENTIAL_NOT_REVOCABLE'),
    )
    await assert.rejects(change('revoke', 'urn:uuid:none'), fails('CREDENTIAL_NOT_FOUND'))
    const credentialIds = [await issue()]
    await assert.rejects(
      house.changer.change({ action: 'revoke', credentialIds, actingFor: ['did:key:other'] }),
      fails('NOT_ISSUER_OF_CREDENTIAL'),
    )
    await house.changer.change({ action: 'revoke', credentialIds, actingFor: [issuer.did] })
  })

  it('changes many in one transaction, all or none', async () => {
    const ids = await issueMany(100)
    const before = await blockNumber()
    await assert.rejects(change('suspend', ...ids, 'urn:uuid:none'), fails('CREDENTIAL_NOT_FOUND'))
    assert.equal(await blockNumber(), before)
    const outcome = await change('suspend', ...ids, ids[0]!)
    assert.equal(await blockNumber(), before + 1)
    assert.equal(outcome.credentialIds.length, 100)
    for (const id of ids) assert.equal(await recorded(id), 'suspended')
    await change('reinstate', ...ids)
  })

  it('puts concurrent changes into few transactions', async () => {
    const ids = await issueMany(60)
    const before = await blockNumber()
    const outcomes = await Promise.all(ids.map((id, n) => change(n % 2 ? 'revoke' : 'suspend', id)))
    assert.ok((await blockNumber()) - before <= 3)
    assert.ok(outcomes.every(({ transactionHash }) => transactionHash))
    const twice = await Promise.allSettled([change('revoke', ids[0]!), change('revoke', ids[0]!)])
    assert.deepEqual(twice.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  })

  it('goes on when another writer changes the list at the same time', async () => {
    const ids = await issueMany(2)
    const [mine, other] = await Promise.all(ids.map((id) => house.deps.credentials.get(id)))
    const key = house.ledger.statusLists.keyOf({ issuer: issuer.identity, purpose: 'revocation', number: 1 })
    const stranger = await openLedger({
      rpcUrl: chain.rpcUrl,
      registries: chain.registries,
      relayer: digestSigner(fundedKey),
      pollingInterval: 10,
    })
    const version = (await stranger.statusLists.get(key))!.version
    const op = { key, expectedVersion: version, indices: [other!.status_index!], value: true }
    // between the question for the version and the transaction that expects it; the node asks again when nobody answers
    let written: Promise<unknown> | undefined
    let isWritten = false
    proxy.behave((requests) => {
      if (isWritten || !requests.some(({ method }) => method === 'eth_estimateGas')) return 'pass'
      written ??= stranger.statusLists.setStatusBatch([op]).then(() => {
        isWritten = true
      })
      return 'lose request'
    })
    await change('revoke', mine!.credential_id)
    await written
    await stranger.close()
    assert.equal((await house.ledger.statusLists.get(key))!.version, version + 2)
    assert.equal((await house.status(mine!.credential_id)).revoked, true)
  })

  for (const fate of ['lose request', 'lose answer'] as const)
    it(`changes once when a broadcast does ${fate}, and can be asked again`, async () => {
      const id = await issue()
      let lost = false
      proxy.behave((requests) => {
        if (lost || !requests.some(isBroadcast)) return 'pass'
        lost = true
        return fate
      })
      await change('revoke', id).catch((error) => {
        assert.equal(error.retryable, true)
        return change('revoke', id)
      })
      assert.equal((await house.status(id)).revoked, true)
      assert.equal(await recorded(id), 'revoked')
    })

  it('holds nobody up by a request that another process has taken over', async () => {
    const [first, second, third] = await issueMany(3)
    const takenOver = {
      act: () => ({
        outcome: undefined,
        note: async () => {
          throw new IssuerError('IDEMPOTENCY_KEY_IN_USE')
        },
      }),
    }
    const asked = [
      // in flight while the others gather
      change('revoke', first!),
      onBehalfOf({ requestId: null, tenantId: 'default', actor: 'k', attempt: takenOver }, () =>
        change('revoke', second!),
      ),
      change('revoke', third!),
    ]
    const [, refused, done] = await Promise.allSettled(asked)
    assert.equal((refused as PromiseRejectedResult).reason.code, 'IDEMPOTENCY_KEY_IN_USE')
    assert.equal(done?.status, 'fulfilled')
    assert.deepEqual([await recorded(second!), await recorded(third!)], ['valid', 'revoked'])
  })

  it('finds after a stop what the ledger had done', async () => {
    const ids = await issueMany(2)
    // signed and mined, but the process ends before it has the receipt
    proxy.behave((requests) =>
      requests.some(({ method }) => method === 'eth_getTransactionReceipt') ? 'lose answer' : 'pass',
    )
    // asked past the proxy: whatever shares a request with a lost question is lost, too
    const height = () => chain.request('eth_blockNumber')
    const recordedAt = await height()
    const isMined = async () => (await height()) !== recordedAt
    let mined = false
    const doomed = (async () => {
      // lost like that before it was broadcast, it is asked for again
      while (!mined) await change('revoke', ids[0]!).catch(async () => (mined ||= await isMined()))
    })()
    while (!mined) mined = await isMined()
    await house.close()
    await doomed
    proxy.behave(() => 'pass')
    house = await open()
    assert.equal(await recorded(ids[0]!), 'valid')
    const before = await blockNumber()
    const outcome = await change('revoke', ids[0]!)
    assert.equal(await blockNumber(), before)
    assert.match(outcome.transactionHash, /^0x[0-9a-f]{64}$/)
    assert.equal(await recorded(ids[0]!), 'revoked')
    await assert.rejects(change('revoke', ids[0]!), fails('ALREADY_REVOKED'))
  })

  it('changes what can be changed where each counts for itself, and tells what not', async () => {
    const [first, second] = await issueMany(2)
    const plain = await issue({ revocable: false, suspendable: false })
    await change('revoke', first!)
    const wanted = [first!, second!, plain, 'urn:uuid:none']
    await assert.rejects(change('revoke', ...wanted), fails('CREDENTIAL_NOT_FOUND'))
    assert.equal(await recorded(second!), 'valid')
    const revoke = () => house.changer.change({ action: 'revoke', credentialIds: wanted, partial: true })
    const outcome = await revoke()
    assert.deepEqual(outcome.credentialIds, [second])
    assert.deepEqual(
      outcome.refused.map(({ credentialId, error }) => [credentialId, error.code]).sort(),
      [
        [first, 'ALREADY_REVOKED'],
        [plain, 'CREDENTIAL_NOT_REVOCABLE'],
        ['urn:uuid:none', 'CREDENTIAL_NOT_FOUND'],
      ].sort(),
    )
    assert.equal((await house.status(second!)).revoked, true)
    const again = await revoke()
    assert.deepEqual([again.credentialIds, again.transactionHashes], [[], []])
  })

  it('goes on with a change whose process ends before it is broadcast', async () => {
    const ids = await issueMany(20)
    proxy.behave((requests) => (requests.some(isBroadcast) ? 'lose request' : 'pass'))
    await assert.rejects(change('revoke', ...ids), fails('CHAIN_UNREACHABLE'))
    await house.close()
    proxy.behave(() => 'pass')
    // as after ten seconds, when it is sent again
    house = await open({ stuckAfter: 500 })
    const { transactionHashes } = await house.changer
      .change({
        action: 'revoke',
        credentialIds: ids,
        partial: true,
      })
      .catch(async () => {
        // it was stored, so it is sent by whoever comes next
        while (!(await house.status(ids[0]!)).revoked) await new Promise(setImmediate)
        return change('revoke', ...ids)
      })
    assert.equal(transactionHashes.length, 1)
    for (const id of ids) assert.equal(await recorded(id), 'revoked')
  })

  /** Gives those who ask a changer that lets them wait in the order in which they ask, whatever the database answers first. */
  const openOrdered = () => {
    const { ledger, facts, statusChanges, statusLists, deps } = house
    let last: Promise<unknown> = Promise.resolve()
    const credentials = {
      getMany: (ids: readonly string[]) => {
        const rows = last.then(() => deps.credentials.getMany(ids))
        last = rows
        return rows
      },
    }
    const changer = createStatusChanger({
      ledger,
      facts,
      statusChanges,
      statusLists,
      credentials,
      now: deps.now,
    })
    return (action: 'revoke' | 'suspend' | 'reinstate', ...credentialIds: string[]) =>
      changer.change({ action, credentialIds })
  }
  const blockOf = async ({ transactionHash }: { transactionHash: string }) =>
    (await house.ledger.receipt(transactionHash as `0x${string}`))!.blockNumber

  it('lets no tenant wait for what another one changes again and again', async () => {
    const ask = openOrdered()
    const [own] = await issueMany(1)
    const [often] = await of('b', () => issueMany(1))
    const before = await blockNumber()
    const again = of('b', () =>
      Array.from({ length: 12 }, (_, n) => ask(n % 2 ? 'reinstate' : 'suspend', often!)),
    )
    const revoked = await ask('revoke', own!)
    assert.ok((await blockOf(revoked)) - before <= 2)
    const blocks = await Promise.all((await Promise.all(again)).map(blockOf))
    assert.deepEqual(
      blocks,
      [...new Set(blocks)].sort((a, b) => a - b),
    )
    assert.deepEqual([await recorded(often!), await recorded(own!)], ['valid', 'revoked'])
  })

  it('keeps those together whom a refused one had joined', async () => {
    const gone = await house.createIssuer()
    const doomed = await issue({ issuerDid: gone.did })
    const doomedOfB = await of('b', () =>
      Promise.all([issue({ issuerDid: gone.did }), issue({ issuerDid: gone.did })]),
    )
    const [first, ...own] = await issueMany(9)
    const ofB = await of('b', () => issueMany(8))
    await gone.deactivate()
    const ask = openOrdered()
    // in flight while the others gather
    const asked = [ask('revoke', first!)]
    const refused = [ask('revoke', doomed), ...of('b', () => doomedOfB.map((id) => ask('revoke', id)))]
    asked.push(...own.map((id) => ask('revoke', id)), ...of('b', () => ofB.map((id) => ask('suspend', id))))
    const [answers, done] = await Promise.all([Promise.allSettled(refused), Promise.all(asked)])
    for (const answer of answers)
      assert.equal((answer as PromiseRejectedResult).reason.code, 'ISSUER_DEACTIVATED')
    assert.equal(new Set(done.map(({ transactionHash }) => transactionHash)).size, 2)
  })

  it('keeps other tenants together where it cannot tell who is refused', async () => {
    const tenants = Array.from({ length: 8 }, (_, n) => `t${n}`)
    const ids = await Promise.all(tenants.map((tenant) => of(tenant, () => issueMany(2))))
    const [first] = await issueMany(1)
    const act = () => ({
      outcome: undefined,
      note: () => Promise.reject(new IssuerError('IDEMPOTENCY_KEY_IN_USE')),
    })
    const ask = openOrdered()
    const asked = [ask('revoke', first!)]
    const [takenOver = '', ...left] = ids.flat()
    const refused = onBehalfOf({ requestId: null, tenantId: 't0', actor: 'x', attempt: { act } }, () =>
      ask('revoke', takenOver),
    )
    asked.push(
      ...left.map((id) => of(tenants[ids.findIndex((own) => own.includes(id))]!, () => ask('revoke', id))),
    )
    const [, done] = await Promise.all([
      assert.rejects(refused, fails('IDEMPOTENCY_KEY_IN_USE')),
      Promise.all(asked),
    ])
    // the first, and the other halves of 8 tenants, of 4, of 2, and of the two requests of one
    assert.equal(new Set(done.map(({ transactionHash }) => transactionHash)).size, 5)
  })

  it('lets so many changes of a tenant wait, and refuses further ones before anything is written', async () => {
    const ask = openOrdered()
    const [first, more] = await of('b', () => issueMany(2))
    const [own] = await issueMany(1)
    const waiting = of('b', () => [
      ask('revoke', first!),
      // each waits for the one in flight, to be told then that it is done
      ...Array.from({ length: 1_000 }, () => ask('revoke', first!)),
    ])
    const told = Promise.allSettled(waiting)
    const refused = assert.rejects(
      of('b', () => ask('revoke', more!)),
      (error: IssuerError) => fails('RATE_LIMIT_EXCEEDED')(error) && error.retryAfter === 10,
    )
    const other = ask('revoke', own!)
    await refused
    assert.deepEqual(await house.statusChanges.listOpen({ credentialIds: [more!] }), [])
    await other
    const codes = (await told).map((one) => (one.status === 'rejected' ? one.reason.code : one.status))
    assert.deepEqual(codes, ['fulfilled', ...Array(1_000).fill('ALREADY_REVOKED')])
    assert.equal(await recorded(more!), 'valid')
    await of('b', () => ask('revoke', more!))
  })

  it('says that the issuer is deactivated', async () => {
    const gone = await house.createIssuer()
    const id = await issue({ issuerDid: gone.did })
    const other = await issue()
    const third = await issue()
    await gone.deactivate()
    const outcomes = await Promise.allSettled([
      change('revoke', other),
      change('revoke', id),
      change('revoke', third),
    ])
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    )
    await assert.rejects(change('revoke', id), fails('ISSUER_DEACTIVATED'))
  })

  it('makes again what a reorganisation took, also where the ledger refuses one of the issuers by now', async () => {
    const [gone, mute] = [await house.createIssuer(), await house.createIssuer()]
    const given = await issue({ issuerDid: gone.did })
    const refused = await issue({ issuerDid: mute.did })
    const lost = [await issue(), await issue()]
    const delegate = { type: 'status', delegate: house.ledger.relayer } as const
    await gone.deactivate()
    await mute.change({ kind: 'revokeDelegate', ...delegate })
    // as it stands when the transaction that suspended them has left the chain
    const at = new Date().toISOString()
    const rows = [given, refused, ...lost].map((credential_id) => ({
      ...{ id: randomUUID(), credential_id, reason: null, batch: randomUUID(), at },
      ...({ action: 'suspend', state: 'lost' } as const),
    }))
    await house.statusChanges.made(rows, 'suspended')
    await house.statusChanges.open(rows)
    const left = async () => (await house.statusChanges.listLost()).map((change) => change.credential_id)
    const isLeft = async (count: number) => {
      while ((await left()).length > count) await new Promise(setImmediate)
    }
    await isLeft(1)
    assert.deepEqual(await left(), [refused])
    for (const id of lost) assert.equal((await house.status(id)).suspended, true)
    for (const id of [given, refused]) assert.equal((await house.status(id)).suspended, false)
    await mute.change({ kind: 'addDelegate', ...delegate, validity: 86_400 })
    await isLeft(0)
    assert.equal((await house.status(refused)).suspended, true)
    const states = await house.statusChanges.getMany(rows.map(({ id }) => id))
    assert.deepEqual(
      states.filter(({ state }) => state !== 'done').map(({ credential_id: id, state }) => [id, state]),
      [[given, 'failed']],
    )
  })

  it('publishes the words of the ledger as a signed list with a strong tag', async () => {
    const id = await issue()
    const { statusListId, statusListIndex } = await house.status(id)
    const publish = (listId: string) =>
      house.publish({ statusListId: listId, segment: '', prefer: ([first = '']) => first })
    const first = await publish(statusListId!)
    assert.match(first.etag, /^"[\w-]+"$/)
    assert.equal((await publish(statusListId!)).etag, first.etag)
    await change('revoke', id)
    const second = await publish(statusListId!)
    assert.notEqual(second.etag, first.etag)
    const credential = JSON.parse(Buffer.from(second.body).toString())
    const list = await bitstringStatusList.list!.decode(credential)
    const key = house.ledger.statusLists.keyOf({ issuer: issuer.identity, purpose: 'revocation', number: 1 })
    assert.deepEqual(list.purposes, ['revocation'])
    const { bits } = await house.ledger.statusLists.bitstring(key)
    for (let index = 0; index < list.size; index++) {
      const isSet = ((bits[index >> 3]! >> (7 - (index & 7))) & 1) === 1
      if (list.isSet(index, 'revocation') !== isSet) assert.fail(`index ${index}`)
    }
    assert.equal(list.isSet(statusListIndex!, 'revocation'), true)
    const suite = house.deps.suites.find((one) => one.recognises(credential))
    assert.ok(suite)
    await assert.rejects(publish(`${issuer.did}/status/revocation/99`), fails('STATUS_LIST_NOT_FOUND'))
  })
})

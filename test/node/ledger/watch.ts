import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import type { Ledger, LedgerChange } from '../../../node/ledger/ledger.ts'
import { openLedger } from '../../../node/ledger/open-ledger.ts'
import { startChain, type TestChain } from '../../chain.ts'
import { type ChainProxy, startChainProxy } from '../../chain-proxy.ts'
import { digestSigner, fundedKey } from '../../digest-signer.ts'

describe('watching the registries', () => {
  let chain: TestChain
  let proxy: ChainProxy
  let ledger: Ledger
  let watcher: Ledger
  const relayer = digestSigner(fundedKey)

  before(async () => {
    chain = await startChain()
    proxy = await startChainProxy(chain.rpcUrl)
    const options = { ...chain, relayer, pollingInterval: 10 }
    ledger = await openLedger(options)
    watcher = await openLedger({ ...options, rpcUrl: proxy.url })
  })

  after(async () => {
    await ledger?.close()
    await watcher?.close()
    await proxy?.close()
    await chain?.close()
  })

  /** Resolves when the proxy has passed on another round of the watch. */
  const nextRound = () =>
    new Promise<void>((resolve) => {
      proxy.behave(() => {
        resolve()
        return 'pass'
      })
    })

  let number = 0
  async function createList(): Promise<LedgerChange> {
    const name = { issuer: relayer.address, purpose: 'revocation', number: ++number } as const
    await ledger.statusLists.createLists([{ ...name, capacity: 131_072, url: '' }])
    return { registry: 'status-list', key: ledger.statusLists.keyOf(name) }
  }

  it('tells changes of DIDs, schemas and status lists', async () => {
    const changes: LedgerChange[] = []
    const told = new EventEmitter()
    const round = nextRound()
    const stop = watcher.watch((change) => {
      changes.push(change)
      if (changes.length === 3) told.emit('all')
    })
    await round
    await nextRound()
    const all = once(told, 'all')
    const owner = digestSigner()
    await ledger.dids.applyChangesSigned({
      identity: owner.address,
      changes: [{ kind: 'setAttribute', name: 'did/svc/Hub', value: new Uint8Array([1]), validity: 60 }],
      sign: owner.signDigest,
    })
    const schema = { kind: 'json-schema', issuer: relayer.address, name: 'a', version: '1' } as const
    const { key } = await ledger.schemas.register({
      ...schema,
      content: new Uint8Array([1]),
      restricted: false,
    })
    const list = await createList()
    await all
    assert.deepEqual(changes, [
      { registry: 'did', identity: owner.address },
      { registry: 'schema', key },
      list,
    ])
    stop()
  })

  it('tells afterwards what changed while the chain did not answer', async () => {
    const told = new EventEmitter()
    const round = nextRound()
    const stop = watcher.watch((change) => told.emit('change', change))
    await round
    await nextRound()
    proxy.behave(() => 'lose request')
    const change = once(told, 'change')
    const list = await createList()
    proxy.behave(() => 'pass')
    assert.deepEqual(await change, [list])
    stop()
  })

  it('tells nothing after it was stopped', async () => {
    const stop = watcher.watch(() => assert.fail('told'))
    await nextRound()
    stop()
    const other = new EventEmitter()
    const stopOther = watcher.watch((change) => other.emit('change', change))
    await nextRound()
    await nextRound()
    const change = once(other, 'change')
    await createList()
    await change
    stopOther()
  })
})

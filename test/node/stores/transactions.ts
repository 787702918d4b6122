import assert from 'node:assert/strict'
import type { Hex } from '../../../node/ledger/ledger.ts'
import type { StoredTransaction } from '../../../node/ledger/transaction-store.ts'
import { type Database, openDatabase } from '../../../node/stores/database.ts'
import { createTransactionStore } from '../../../node/stores/transactions.ts'
import { describeOnStacks } from '../../stacks.ts'

const relayer: Hex = `0x${'ab'.repeat(20)}`
const block = { number: 7, hash: `0x${'77'.repeat(32)}` as const, gasUsed: 12n ** 20n }

const transaction = (nonce: number, change: Partial<StoredTransaction> = {}): StoredTransaction => ({
  hash: `0x${(nonce * 16 + (change.attempt ?? 0)).toString(16).padStart(64, '0')}`,
  raw: '0x02',
  nonce,
  relayer,
  attempt: 0,
  purpose: 'registration',
  reference: null,
  maxFeePerGas: 10n ** 30n,
  maxPriorityFeePerGas: 1n,
  state: 'signed',
  blockNumber: null,
  blockHash: null,
  gasUsed: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  ...change,
})

describeOnStacks('the store of transactions', (stack) => {
  const opened: Database[] = []
  let drop: () => Promise<void>
  const stores: ReturnType<typeof createTransactionStore>[] = []

  before(async () => {
    const fresh = await stack.create()
    drop = fresh.drop
    for (let connection = 0; connection < 2; connection++) {
      const database = await openDatabase(fresh.location)
      opened.push(database)
      stores.push(createTransactionStore(database))
    }
  })

  after(async () => {
    for (const database of opened) await database.destroy()
    await drop?.()
  })

  const [a, b] = [() => stores[0]!, () => stores[1]!]

  it('begins where the chain stands, and never goes back', async () => {
    assert.equal(await a().nextNonce(relayer, 5), 5)
    assert.equal(await b().nextNonce(relayer, 3), 5)
  })

  it('gives each nonce out once, with the transaction that has it', async () => {
    const takers = Array.from({ length: 20 }, async (_, n) => {
      const store = stores[n % 2]!
      for (;;) {
        const nonce = await store.nextNonce(relayer, 0)
        // a hash of its own, as every signed transaction has
        const taken = transaction(nonce, { hash: `0x${String(n).padStart(64, 'e')}` })
        if (await store.take([taken])) return nonce
      }
    })
    const nonces = (await Promise.all(takers)).sort((x, y) => x - y)
    assert.deepEqual(
      nonces,
      Array.from({ length: 20 }, (_, n) => n + 5),
    )
    assert.deepEqual(
      (await a().open(relayer)).map(({ nonce }) => nonce),
      nonces,
    )
  })

  it('takes several at once, all or none, and gives back the newest alone', async () => {
    const three = [25, 26, 27].map((nonce) => transaction(nonce, { reference: 'batch' }))
    assert.equal(await a().take([transaction(24), transaction(25)]), false)
    assert.equal(await a().take(three), true)
    assert.deepEqual(await b().ofReference('batch'), three)
    assert.equal(await b().release(three.slice(0, 1)), false)
    assert.equal(await b().release(three.slice(1)), true)
    assert.equal(await a().nextNonce(relayer, 0), 26)
    assert.deepEqual(await a().ofReference('batch'), three.slice(0, 1))
  })

  it('keeps one attempt of each number, and what became of it', async () => {
    const again = transaction(25, { attempt: 1 })
    assert.equal(await a().addAttempt(again), true)
    assert.equal(await b().addAttempt({ ...again, hash: `0x${'d'.repeat(64)}` }), false)
    await a().note([{ hash: again.hash, state: 'mined', block }])
    const mined = { state: 'mined', blockNumber: 7, blockHash: block.hash, gasUsed: block.gasUsed } as const
    assert.deepEqual(await b().get(again.hash), { ...again, ...mined })
    await a().note([{ hash: again.hash, state: 'final' }])
    assert.deepEqual(await b().ofNonce(relayer, 25), [
      transaction(25, { reference: 'batch' }),
      { ...again, ...mined, state: 'final', raw: '' },
    ])
    assert.equal((await b().open(relayer)).filter(({ nonce }) => nonce === 25).length, 1)
  })
})

import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { IssuerError } from '../../../node/errors.ts'
import { statusListRegistryAbi as abi } from '../../../node/ledger/abi.ts'
import type { Hex, Ledger, SignedTransaction, StatusListName } from '../../../node/ledger/ledger.ts'
import { openLedger } from '../../../node/ledger/open-ledger.ts'
import { statusListKey } from '../../../node/ledger/status-list-registry.ts'
import { startChain, type TestChain } from '../../chain.ts'
import { digestSigner, fundedKey } from '../../digest-signer.ts'

const capacity = 131_072
const root = (byte: number): Hex => `0x${byte.toString(16).padStart(2, '0').repeat(32)}`
const isSet = (bits: Uint8Array, index: number) => ((bits[index >>> 3] as number) >> (7 - (index & 7))) & 1

describe('the status list registry on the ledger', () => {
  let chain: TestChain
  let ledger: Ledger
  let count = 0

  before(async () => {
    chain = await startChain()
    ledger = await openLedger({ ...chain, relayer: digestSigner(fundedKey), pollingInterval: 20 })
  })

  after(async () => {
    await ledger?.close()
    await chain?.close()
  })

  const newName = (purpose: StatusListName['purpose'] = 'revocation'): StatusListName => ({
    issuer: ledger.relayer,
    purpose,
    number: ++count,
  })

  async function newList(purpose?: StatusListName['purpose'], size = capacity): Promise<Hex> {
    const name = newName(purpose)
    await ledger.statusLists.createLists([{ ...name, capacity: size, url: 'https://issuer.example/1' }])
    return ledger.statusLists.keyOf(name)
  }

  it('computes the key that the contract computes', async () => {
    const client = await chain.viem.getPublicClient()
    for (const purpose of ['revocation', 'suspension'] as const) {
      const name = newName(purpose)
      const address = chain.registries.statusListRegistry
      const args = [name.issuer, purpose === 'suspension' ? 1 : 0, name.number] as const
      assert.equal(
        statusListKey(name),
        await client.readContract({ abi, address, functionName: 'listIdOf', args }),
      )
    }
  })

  it('opens several lists in one transaction', async () => {
    const names = [newName('revocation'), newName('suspension')]
    await ledger.statusLists.createLists(names.map((name) => ({ ...name, capacity, url: '' })))
    for (const name of names) {
      const key = ledger.statusLists.keyOf(name)
      assert.deepEqual(await ledger.statusLists.get(key), {
        ...name,
        key,
        capacity,
        registered: 0,
        version: 0,
      })
    }
    assert.equal(await ledger.statusLists.get(ledger.statusLists.keyOf(newName())), undefined)
  })

  it('registers entries of one list and of several, and refuses a second time', async () => {
    const [one, other] = [await newList(), await newList('suspension')]
    const op = { key: one, expectedRegistered: 0, count: 1_000, root: root(1) }
    const receipt = await ledger.statusLists.registerBatch([op])
    assert(receipt.gasUsed <= 42_000n, String(receipt.gasUsed))
    await assert.rejects(ledger.statusLists.registerBatch([op]), (error: IssuerError) => {
      assert.equal(error.code, 'TRANSACTION_REVERTED')
      assert.deepEqual(error.facts, { error: 'UnexpectedRegistered', expected: 0, actual: 1_000 })
      return true
    })
    await ledger.statusLists.registerBatch([
      { key: one, expectedRegistered: 1_000, count: 5, root: root(2) },
      { key: other, expectedRegistered: 0, count: 7, root: root(3) },
    ])
    assert.equal((await ledger.statusLists.get(one))?.registered, 1_005)
    assert.equal((await ledger.statusLists.get(other))?.registered, 7)
  })

  it('finds a registration by its transaction and by the position of an entry', async () => {
    const [one, other] = [await newList(), await newList()]
    const receipts = []
    for (const [i, size] of [3, 1, 10].entries()) {
      const expectedRegistered = [0, 3, 4][i] as number
      receipts.push(
        await ledger.statusLists.registerBatch([
          { key: one, expectedRegistered, count: size, root: root(i + 1) },
          { key: other, expectedRegistered: i, count: 1, root: root(9) },
        ]),
      )
    }
    for (const [position, batch] of [
      [0, 0],
      [2, 0],
      [3, 1],
      [4, 2],
      [13, 2],
    ] as const) {
      const registration = await ledger.statusLists.registration(one, position)
      assert.equal(registration?.transactionHash, receipts[batch]?.transactionHash)
      assert.equal(registration?.root, root(batch + 1))
    }
    for (const position of [-1, 14, 1_000]) {
      assert.equal(await ledger.statusLists.registration(one, position), undefined)
    }
    assert.equal(await ledger.statusLists.registration(root(0), 0), undefined)

    const last = receipts[2]
    assert(last)
    const [found, ...more] = await ledger.statusLists.registrationInTransaction(one, last.transactionHash)
    assert(found)
    const { time, ...rest } = found
    assert.deepEqual(rest, {
      first: 4,
      count: 10,
      root: root(3),
      transactionHash: last.transactionHash,
      blockNumber: last.blockNumber,
    })
    assert(Math.abs(Date.parse(time) - Date.now()) < 60_000)
    assert.equal(more.length, 0)
    assert.deepEqual(await ledger.statusLists.registrationInTransaction(root(0), last.transactionHash), [])
    assert.deepEqual(await ledger.statusLists.registrationInTransaction(one, root(7)), [])
  })

  it('gives the bitstring that the changes of status make', async () => {
    const key = await newList('suspension')
    const wanted = new Set<number>()
    let version = 0
    const flips = fc.record({
      indices: fc.uniqueArray(fc.nat(capacity - 1), { minLength: 1 }),
      value: fc.boolean(),
    })
    for (const { indices, value } of fc.sample(flips, { numRuns: 12, seed: 7 })) {
      indices.sort((a, b) => a - b)
      await ledger.statusLists.setStatusBatch([{ key, expectedVersion: version++, indices, value }])
      for (const index of indices) value ? wanted.add(index) : wanted.delete(index)
    }
    const { bits, ...rest } = await ledger.statusLists.bitstring(key)
    assert.deepEqual(rest, { version, blockNumber: (await ledger.head()).blockNumber })
    assert.equal(bits.length, capacity / 8)
    const found = Array.from({ length: capacity }, (_, i) => i).filter((i) => isSet(bits, i))
    assert.deepEqual(new Set(found), wanted)
    const [some] = wanted
    if (some !== undefined) assert.equal(await ledger.statusLists.statusOf(key, some), true)
  })

  it('reads a list of many pages at one block', async () => {
    const size = 4096 * 256 * 2 + 256
    const key = await newList('revocation', size)
    const indices = [0, 4096 * 256 - 1, 4096 * 256, size - 1]
    await ledger.statusLists.setStatusBatch([{ key, expectedVersion: 0, indices, value: true }])
    const { bits } = await ledger.statusLists.bitstring(key)
    assert.equal(bits.length, size / 8)
    for (const index of indices) assert.equal(isSet(bits, index), 1, String(index))
    assert.equal(Buffer.from(bits).toString('hex').replaceAll('0', '').length, 4)
  })

  it('knows no bitstring of an unknown list', async () => {
    await assert.rejects(ledger.statusLists.bitstring(root(0)), { code: 'STATUS_LIST_NOT_FOUND' })
  })

  it('splits a large change into transactions below the gas limit', async () => {
    const key = await newList()
    const indices = Array.from({ length: 512 }, (_, word) => word * 256 + (word % 256))
    const signed: SignedTransaction[] = []
    const onSigned = async (transaction: SignedTransaction) => void signed.push(transaction)
    const fresh = { key, expectedVersion: 0, indices, value: true }
    const receipts = await ledger.statusLists.setStatusBatch([fresh], { onSigned })
    assert.equal(receipts.length, 2)
    assert.deepEqual(
      receipts.map(({ transactionHash }) => transactionHash),
      signed.map(({ hash }) => hash),
    )
    for (const { gasUsed } of receipts) assert(gasUsed <= 8_000_000n, String(gasUsed))
    assert.equal((await ledger.statusLists.get(key))?.version, 2)

    const used = { key, expectedVersion: 2, indices: indices.map((index) => index ^ 1), value: true }
    const sorted = { ...used, indices: used.indices.sort((a, b) => a - b) }
    assert.equal((await ledger.statusLists.setStatusBatch([sorted])).length, 1)
    const { bits } = await ledger.statusLists.bitstring(key)
    for (const index of [...indices, ...sorted.indices]) assert.equal(isSet(bits, index), 1)
  })

  it('changes nothing when another writer came first', async () => {
    const key = await newList()
    await ledger.statusLists.setStatusBatch([{ key, expectedVersion: 0, indices: [5], value: true }])
    const late = ledger.statusLists.setStatusBatch([{ key, expectedVersion: 0, indices: [6], value: true }])
    await assert.rejects(late, (error: IssuerError) => {
      assert.deepEqual(error.facts, { error: 'UnexpectedVersion', expected: 0, actual: 1 })
      return true
    })
    assert.equal(await ledger.statusLists.statusOf(key, 6), false)
  })
})

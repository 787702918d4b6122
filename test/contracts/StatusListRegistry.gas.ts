import assert from 'node:assert/strict'
import type { Hex } from 'viem'
import { packIndices, randomIndices } from './random-indices.ts'
import { type DeployedRegistries, deployRegistries } from './registries.ts'

const CAPACITY = 131_072
const URL = 'https://issuer.example/api/v1/status-lists/0'
const root = (seed: number): Hex => `0x${(seed + 0x5a).toString(16).padStart(2, '0').repeat(32)}`

/** Limits on the gas of a receipt; indices are random with a fixed seed. */
describe('StatusListRegistry, gas', () => {
  let deployed: DeployedRegistries
  let registry: DeployedRegistries['statusListRegistry']
  let issuer: Hex
  let lists: Hex[]
  let pristine: Hex

  const atMost = (gas: number, limit: number) => {
    assert.ok(gas <= limit, `${gas} gas, above the limit of ${limit}`)
  }
  const by = (role: 'issuer' | 'delegate') => ({ account: deployed[role].account })
  const register = (list: number, expected: number, role: 'issuer' | 'delegate') =>
    deployed.gasOf(
      registry.write.registerEntries([lists[list] ?? '0x', expected, 1_000, root(list)], by(role)),
    )
  const setStatus = (
    expectedVersion: number,
    indices: readonly number[],
    role: 'issuer' | 'delegate',
    list = 0,
  ) =>
    deployed.gasOf(
      registry.write.setStatus([lists[list] ?? '0x', expectedVersion, packIndices(indices), true], by(role)),
    )
  const wordsOf = (indices: readonly number[]) => new Set(indices.map((index) => index >> 8)).size
  const statusLimit = (indices: readonly number[], freshWords: number) =>
    48_000 + 5_300 * wordsOf(indices) + 380 * indices.length + 17_100 * freshWords

  before(async () => {
    deployed = await deployRegistries()
    registry = deployed.statusListRegistry
    issuer = deployed.issuer.account.address
    const numbers = Array.from({ length: 9 }, (_, number) => number)
    lists = await Promise.all(numbers.map((number) => registry.read.listIdOf([issuer, 0, number])))
    await registry.write.createLists([
      numbers.map((number) => ({
        issuer,
        purpose: 0,
        number,
        capacity: number === 8 ? 4 * CAPACITY : CAPACITY,
        url: URL,
      })),
    ])
  })
  beforeEach(async () => {
    pristine = await deployed.chain.snapshot()
  })
  afterEach(async () => {
    await deployed.chain.revert({ id: pristine })
  })

  describe('registration of 1,000 entries', () => {
    it('costs the owner at most 38,000', async () => {
      atMost(await register(0, 0, 'issuer'), 38_000)
      atMost(await register(0, 1_000, 'issuer'), 38_000)
    })

    it('costs a delegate at most 42,000', async () => {
      atMost(await register(0, 0, 'delegate'), 42_000)
      atMost(await register(0, 1_000, 'delegate'), 42_000)
    })

    it('does not cost more for 100 times the entries', async () => {
      const one = await register(0, 0, 'delegate')
      const many = await deployed.gasOf(
        registry.write.registerEntries([lists[1] ?? '0x', 0, 100_000, root(1)], by('delegate')),
      )
      assert.ok(Math.abs(many - one) < 100, `${one} and ${many} gas`)
    })

    for (const role of ['issuer', 'delegate'] as const) {
      it(`costs the ${role} at most 10,000 for each further list of a batch`, async () => {
        const ops = lists.map((listId, i) => ({ listId, expectedRegistered: 0, count: 1_000, root: root(i) }))
        const one = await deployed.gasOf(registry.write.registerBatch([ops.slice(0, 1)], by(role)))
        atMost(one, role === 'issuer' ? 38_000 : 42_000)
        const others = await deployed.gasOf(registry.write.registerBatch([ops.slice(1)], by(role)))
        atMost((others - one) / (ops.length - 2), 10_000)
      })
    }

    for (const role of ['issuer', 'delegate'] as const) {
      it(`costs at most 55,000 when the ${role} signs, the first time as well`, async () => {
        const wallet = deployed[role]
        const domain = {
          name: 'StatusListRegistry',
          version: '1',
          chainId: await deployed.client.getChainId(),
          verifyingContract: registry.address,
        }
        const types = {
          RegisterEntries: [
            { name: 'listId', type: 'bytes32' },
            { name: 'expectedRegistered', type: 'uint32' },
            { name: 'count', type: 'uint32' },
            { name: 'root', type: 'bytes32' },
            { name: 'deadline', type: 'uint256' },
          ],
        } as const
        const deadline = (await deployed.now()) + 3_600n
        for (const expectedRegistered of [0, 1_000]) {
          const op = { listId: lists[0] ?? '0x', expectedRegistered, count: 1_000, root: root(0) }
          const primaryType = 'RegisterEntries'
          const message = { ...op, deadline }
          const signature = await wallet.signTypedData({ domain, types, primaryType, message })
          const sent = registry.write.registerEntriesSigned(
            [op, deadline, wallet.account.address, signature],
            {
              account: deployed.relayer.account,
            },
          )
          atMost(await deployed.gasOf(sent), 55_000)
        }
      })
    }
  })

  describe('change of status', () => {
    for (const role of ['issuer', 'delegate'] as const) {
      for (const count of [1, 2, 10, 100, 1_000]) {
        it(`keeps the limit for ${count} random indices by the ${role}, fresh and used`, async () => {
          const indices = randomIndices(count, count, CAPACITY)
          atMost(await setStatus(0, indices, role), statusLimit(indices, wordsOf(indices)))
          const neighbours = indices.map((index) => index ^ 1).sort((a, b) => a - b)
          atMost(await setStatus(1, neighbours, role), statusLimit(neighbours, 0))
        })
      }
    }

    it('keeps the limit for a whole word and for 4,096 indices in a row', async () => {
      const row = Array.from({ length: 4_096 }, (_, i) => i + 512)
      const word = Array.from({ length: 256 }, (_, i) => i)
      atMost(await setStatus(0, word, 'delegate'), statusLimit(word, 1))
      atMost(await setStatus(1, row, 'delegate'), statusLimit(row, 16))
    })

    it('costs about 2.7 million for 1,000 random indices of a used list', async () => {
      const everyWord = Array.from({ length: 512 }, (_, word) => word * 256)
      await setStatus(0, everyWord.slice(0, 256), 'delegate')
      await setStatus(1, everyWord.slice(256), 'delegate')
      const indices = randomIndices(7, 1_000, CAPACITY)
      atMost(await setStatus(2, indices, 'delegate'), Math.min(statusLimit(indices, 0), 2_750_000))
    })

    it('stays below 8,000,000 for 340 fresh or 1,390 used words', async () => {
      const oneIn = (words: number, offset: number) =>
        Array.from({ length: words }, (_, word) => word * 256 + ((word * 37 + offset) % 256))
      for (let from = 0; from < 1_700; from += 340) {
        const fresh = oneIn(from + 340, 0).slice(from)
        atMost(await setStatus(from / 340, fresh, 'delegate', 8), 8_000_000)
      }
      atMost(await setStatus(5, oneIn(1_390, 1), 'delegate', 8), 8_000_000)
    })
  })
})

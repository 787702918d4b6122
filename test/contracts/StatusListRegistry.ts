import assert from 'node:assert/strict'
import { encodeAbiParameters, encodePacked, getAddress, type Hex, keccak256, parseEventLogs } from 'viem'
import { statusListRegistryAbi } from '../../node/ledger/abi.ts'
import { assertReverts } from './assert-reverts.ts'
import { type DeployedRegistries, delegateType, deployRegistries } from './registries.ts'

const REVOCATION = 0
const SUSPENSION = 1
const CAPACITY = 131_072
const URL = 'https://issuer.example/status/0'
const ROOT: Hex = `0x${'ab'.repeat(32)}`
const DIGEST: Hex = `0x${'cd'.repeat(32)}`

const packed = (...indices: number[]): Hex =>
  indices.length === 0
    ? '0x'
    : encodePacked(
        indices.map(() => 'uint32'),
        indices,
      )

describe('StatusListRegistry', () => {
  let deployed: DeployedRegistries
  let registry: DeployedRegistries['statusListRegistry']
  let issuer: Hex
  let revocation: Hex
  let suspension: Hex
  let pristine: Hex

  const as = (wallet: DeployedRegistries['issuer']) => ({ account: wallet.account })
  const logsOf = async (hash: Hex) =>
    parseEventLogs({
      abi: statusListRegistryAbi,
      logs: (await deployed.client.getTransactionReceipt({ hash })).logs,
    })

  before(async () => {
    deployed = await deployRegistries()
    registry = deployed.statusListRegistry
    issuer = getAddress(deployed.issuer.account.address)
    revocation = await registry.read.listIdOf([issuer, REVOCATION, 0])
    suspension = await registry.read.listIdOf([issuer, SUSPENSION, 0])
    await registry.write.createLists([
      [REVOCATION, SUSPENSION].map((purpose) => ({
        issuer,
        purpose,
        number: 0,
        capacity: CAPACITY,
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

  describe('createList', () => {
    it('opens an empty list under the id of issuer, purpose and number', async () => {
      const hash = await registry.write.createList([issuer, SUSPENSION, 7, 16_776_960, URL])
      const id = keccak256(
        encodeAbiParameters(
          [{ type: 'address' }, { type: 'uint8' }, { type: 'uint32' }],
          [issuer, SUSPENSION, 7],
        ),
      )
      const [event] = await logsOf(hash)
      assert.equal(event?.eventName, 'ListCreated')
      assert.deepEqual(event.args, {
        listId: id,
        issuer,
        purpose: SUSPENSION,
        number: 7,
        capacity: 16_776_960,
        url: URL,
      })
      const block = await deployed.client.getBlock()
      assert.deepEqual(await registry.read.list([id]), {
        issuer,
        purpose: SUSPENSION,
        number: 7,
        capacity: 16_776_960,
        registered: 0,
        version: 0,
        publications: 0,
        created: Number(block.timestamp),
        createdBlock: Number(block.number),
        publishedBlock: Number(block.number),
        digest: id,
      })
    })

    it('opens several lists in one transaction, or none', async () => {
      const creation = { issuer, purpose: REVOCATION, number: 1, capacity: CAPACITY, url: '' }
      const hash = await registry.write.createLists([[creation, { ...creation, purpose: SUSPENSION }]])
      assert.equal((await logsOf(hash)).length, 2)
      const third = { ...creation, number: 2 }
      await assertReverts(registry.write.createLists([[third, creation]]), 'ListExists')
      const { capacity } = await registry.read.list([await registry.read.listIdOf([issuer, REVOCATION, 2])])
      assert.equal(capacity, 0)
    })

    it('lets a status delegate open a list for the issuer', async () => {
      await registry.write.createList([issuer, REVOCATION, 1, CAPACITY, URL], as(deployed.delegate))
    })

    it('refuses a stranger: nobody takes a list of another issuer', async () => {
      await assertReverts(
        registry.write.createList([issuer, REVOCATION, 1, CAPACITY, URL], as(deployed.stranger)),
        'NotAuthorized',
        [issuer, delegateType('status'), getAddress(deployed.stranger.account.address)],
      )
    })

    it('refuses a delegate of another type', async () => {
      await deployed.addDelegate('schema', deployed.stranger.account.address)
      await assertReverts(
        registry.write.createList([issuer, REVOCATION, 1, CAPACITY, URL], as(deployed.stranger)),
        'NotAuthorized',
      )
    })

    it('refuses a list that exists', async () => {
      const again = registry.write.createList([issuer, REVOCATION, 0, CAPACITY, URL])
      await assertReverts(again, 'ListExists', [revocation])
    })

    it('refuses a capacity that is no multiple of 256, too small or too large', async () => {
      for (const capacity of [0, 130_816, CAPACITY + 1, 16_777_216, 2 ** 32 - 256]) {
        const created = registry.write.createList([issuer, REVOCATION, 1, capacity, URL])
        await assertReverts(created, 'InvalidCapacity', [capacity])
      }
    })

    it('refuses a URL above 2,048 bytes', async () => {
      const created = registry.write.createList([issuer, REVOCATION, 1, CAPACITY, 'u'.repeat(2_049)])
      await assertReverts(created, 'UrlTooLong', [2_049n])
      await registry.write.createList([issuer, REVOCATION, 1, CAPACITY, 'u'.repeat(2_048)])
    })
  })

  describe('publish', () => {
    it('says where the list stands and counts the publications', async () => {
      const hash = await registry.write.publish([revocation, DIGEST, 'ipfs://x'], as(deployed.delegate))
      const [event] = await logsOf(hash)
      assert.equal(event?.eventName, 'ListPublished')
      assert.deepEqual(event.args, { listId: revocation, digest: DIGEST, url: 'ipfs://x' })
      const { publications, publishedBlock } = await registry.read.list([revocation])
      assert.equal(publications, 1)
      assert.equal(publishedBlock, Number(await deployed.client.getBlockNumber()))
    })

    it('refuses a stranger, an unknown list and a long URL', async () => {
      await assertReverts(
        registry.write.publish([revocation, DIGEST, URL], as(deployed.stranger)),
        'NotAuthorized',
      )
      await assertReverts(registry.write.publish([ROOT, DIGEST, URL]), 'UnknownList', [ROOT])
      await assertReverts(registry.write.publish([revocation, DIGEST, 'u'.repeat(2_049)]), 'UrlTooLong')
    })
  })

  describe('registerEntries', () => {
    it('advances the counter and emits the root', async () => {
      const hash = await registry.write.registerEntries([revocation, 0, 1_000, ROOT], as(deployed.delegate))
      const [event] = await logsOf(hash)
      assert.equal(event?.eventName, 'EntriesRegistered')
      assert.deepEqual(event.args, { listId: revocation, first: 0, count: 1_000, root: ROOT })
      const { registered, version, digest } = await registry.read.list([revocation])
      assert.deepEqual({ registered, version, digest }, { registered: 1_000, version: 0, digest: revocation })
    })

    it('refuses a repeated or competing submission', async () => {
      await registry.write.registerEntries([revocation, 0, 5, ROOT])
      await assertReverts(
        registry.write.registerEntries([revocation, 0, 5, ROOT], as(deployed.delegate)),
        'UnexpectedRegistered',
        [0, 5],
      )
      await assertReverts(
        registry.write.registerEntries([revocation, 6, 5, ROOT]),
        'UnexpectedRegistered',
        [6, 5],
      )
    })

    it('fills a list to its capacity and not beyond', async () => {
      await assertReverts(
        registry.write.registerEntries([revocation, 0, CAPACITY + 1, ROOT]),
        'CapacityExceeded',
        [CAPACITY, BigInt(CAPACITY + 1)],
      )
      await assertReverts(
        registry.write.registerEntries([revocation, 0, 2 ** 32 - 1, ROOT]),
        'CapacityExceeded',
      )
      await registry.write.registerEntries([revocation, 0, CAPACITY, ROOT])
      await assertReverts(registry.write.registerEntries([revocation, CAPACITY, 1, ROOT]), 'CapacityExceeded')
    })

    it('refuses no entries, an unknown list, a stranger', async () => {
      await assertReverts(registry.write.registerEntries([revocation, 0, 0, ROOT]), 'EmptyRegistration')
      await assertReverts(registry.write.registerEntries([ROOT, 0, 1, ROOT]), 'UnknownList', [ROOT])
      await assertReverts(
        registry.write.registerEntries([revocation, 0, 1, ROOT], as(deployed.stranger)),
        'NotAuthorized',
      )
    })

    it('refuses everybody once the issuer is deactivated', async () => {
      await deployed.deactivateIssuer()
      for (const wallet of [deployed.issuer, deployed.delegate]) {
        await assertReverts(
          registry.write.registerEntries([revocation, 0, 1, ROOT], as(wallet)),
          'NotAuthorized',
        )
      }
    })
  })

  describe('registerBatch', () => {
    const op = (listId: Hex, expectedRegistered: number, count = 10) => ({
      listId,
      expectedRegistered,
      count,
      root: ROOT,
    })

    it('registers in several lists, and twice in one', async () => {
      const hash = await registry.write.registerBatch([
        [op(revocation, 0), op(suspension, 0), op(revocation, 10)],
      ])
      const events = await logsOf(hash)
      assert.deepEqual(
        events.map(
          (event) => event.eventName === 'EntriesRegistered' && [event.args.listId, event.args.first],
        ),
        [
          [revocation, 0],
          [suspension, 0],
          [revocation, 10],
        ],
      )
    })

    it('changes nothing when one of them is refused', async () => {
      const batch = registry.write.registerBatch([[op(revocation, 0), op(suspension, 1)]])
      await assertReverts(batch, 'UnexpectedRegistered', [1, 0])
      assert.equal((await registry.read.list([revocation])).registered, 0)
    })

    it('asks for each list whether the caller may: one of another issuer stops it', async () => {
      const stranger = deployed.stranger.account.address
      await registry.write.createList([stranger, REVOCATION, 0, CAPACITY, URL], as(deployed.stranger))
      const theirs = await registry.read.listIdOf([stranger, REVOCATION, 0])
      await assertReverts(
        registry.write.registerBatch([[op(revocation, 0), op(theirs, 0)]]),
        'NotAuthorized',
        [getAddress(stranger), delegateType('status'), issuer],
      )
    })
  })

  describe('setStatus', () => {
    it('sets the bits, advances version and digest chain, and repeats the indices in the event', async () => {
      const indices = packed(0, 7, 255, 256, CAPACITY - 1)
      const hash = await registry.write.setStatus([revocation, 0, indices, true], as(deployed.delegate))
      const digest = keccak256(
        encodeAbiParameters(
          [{ type: 'bytes32' }, { type: 'uint32' }, { type: 'bool' }, { type: 'bytes32' }],
          [revocation, 1, true, keccak256(indices)],
        ),
      )
      const [event] = await logsOf(hash)
      assert.equal(event?.eventName, 'StatusChanged')
      assert.deepEqual(event.args, { listId: revocation, version: 1, value: true, indices, digest })
      const list = await registry.read.list([revocation])
      assert.deepEqual([list.version, list.digest, list.registered], [1, digest, 0])
      for (const index of [0, 7, 255, 256, CAPACITY - 1]) {
        assert.equal(await registry.read.statusOf([revocation, BigInt(index)]), true)
      }
      for (const index of [1, 6, 8, 254, 257, CAPACITY - 2]) {
        assert.equal(await registry.read.statusOf([revocation, BigInt(index)]), false)
      }
    })

    it('lays the words out as the W3C bitstring, first index leftmost', async () => {
      await registry.write.setStatus([revocation, 0, packed(0, 9, 255, 256), true])
      const [first, second] = await registry.read.words([revocation, 0n, 2n])
      assert.equal(first, `0x8040${'00'.repeat(29)}01`)
      assert.equal(second, `0x80${'00'.repeat(31)}`)
    })

    it('clears bits of a suspension list and keeps the others of the word', async () => {
      await registry.write.setStatus([suspension, 0, packed(3, 4, 5), true])
      await registry.write.setStatus([suspension, 1, packed(4), false])
      assert.equal((await registry.read.words([suspension, 0n, 1n]))[0], `0x14${'00'.repeat(31)}`)
    })

    it('keeps a bit that has the value already', async () => {
      await registry.write.setStatus([revocation, 0, packed(3), true])
      await registry.write.setStatus([revocation, 1, packed(3, 4), true])
      assert.equal((await registry.read.words([revocation, 0n, 1n]))[0], `0x18${'00'.repeat(31)}`)
    })

    it('refuses to take back a revocation', async () => {
      await registry.write.setStatus([revocation, 0, packed(3), true])
      const back = registry.write.setStatus([revocation, 1, packed(3), false])
      await assertReverts(back, 'RevocationIsFinal', [revocation])
    })

    it('refuses another version than the present one', async () => {
      await registry.write.setStatus([revocation, 0, packed(3), true])
      const late = registry.write.setStatus([revocation, 0, packed(4), true])
      await assertReverts(late, 'UnexpectedVersion', [0, 1])
      const early = registry.write.setStatus([revocation, 2, packed(4), true])
      await assertReverts(early, 'UnexpectedVersion', [2, 1])
    })

    it('refuses indices that do not increase', async () => {
      for (const [previous, index] of [
        [5, 5],
        [5, 4],
        [300, 3],
      ] as const) {
        const disordered = registry.write.setStatus([revocation, 0, packed(previous, index, 1_000), true])
        await assertReverts(disordered, 'IndicesNotIncreasing', [previous, index])
      }
    })

    it('refuses an index beyond the capacity, wherever it stands', async () => {
      const beyond = registry.write.setStatus([revocation, 0, packed(1, CAPACITY), true])
      await assertReverts(beyond, 'IndexOutOfRange', [BigInt(CAPACITY), CAPACITY])
      const hidden = registry.write.setStatus([revocation, 0, packed(1, 2 ** 32 - 1, 2), true])
      await assertReverts(hidden, 'IndicesNotIncreasing', [2 ** 32 - 1, 2])
    })

    it('refuses ambiguous packing: no indices, or bytes that are no whole index', async () => {
      for (const indices of ['0x', '0x00', '0x000001', '0x0000000100', `${packed(1, 2)}0000`] as Hex[]) {
        const malformed = registry.write.setStatus([revocation, 0, indices, true])
        await assertReverts(malformed, 'InvalidIndicesLength', [BigInt(indices.length / 2 - 1)])
      }
    })

    it('refuses an unknown list, a stranger, and everybody once the issuer is deactivated', async () => {
      await assertReverts(registry.write.setStatus([ROOT, 0, packed(1), true]), 'UnknownList', [ROOT])
      await assertReverts(
        registry.write.setStatus([revocation, 0, packed(1), true], as(deployed.stranger)),
        'NotAuthorized',
      )
      await deployed.deactivateIssuer()
      await assertReverts(registry.write.setStatus([revocation, 0, packed(1), true]), 'NotAuthorized')
    })

    it('refuses a delegate whose time is over or who was revoked', async () => {
      const { didRegistry, delegate, chain } = deployed
      const before = await chain.snapshot()
      await didRegistry.write.revokeDelegate([issuer, delegateType('status'), delegate.account.address])
      await assertReverts(
        registry.write.setStatus([revocation, 0, packed(1), true], as(delegate)),
        'NotAuthorized',
      )
      await chain.revert({ id: before })
      await chain.increaseTime({ seconds: 86_401 })
      await chain.mine({ blocks: 1 })
      await assertReverts(
        registry.write.setStatus([revocation, 0, packed(1), true], as(delegate)),
        'NotAuthorized',
      )
    })
  })

  describe('setStatusBatch', () => {
    it('changes several lists, and one list twice', async () => {
      await registry.write.setStatusBatch([
        [
          { listId: revocation, expectedVersion: 0, indices: packed(1), value: true },
          { listId: suspension, expectedVersion: 0, indices: packed(1), value: true },
          { listId: suspension, expectedVersion: 1, indices: packed(1), value: false },
        ],
      ])
      assert.equal(await registry.read.statusOf([revocation, 1n]), true)
      assert.equal(await registry.read.statusOf([suspension, 1n]), false)
      assert.equal((await registry.read.list([suspension])).version, 2)
    })

    it('changes nothing when one of them is refused', async () => {
      const batch = registry.write.setStatusBatch([
        [
          { listId: suspension, expectedVersion: 0, indices: packed(1), value: true },
          { listId: revocation, expectedVersion: 0, indices: packed(1), value: false },
        ],
      ])
      await assertReverts(batch, 'RevocationIsFinal')
      assert.equal((await registry.read.list([suspension])).version, 0)
    })
  })

  describe('reads', () => {
    it('gives zeros for an unknown list, and refuses its entries', async () => {
      assert.equal(Number((await registry.read.list([ROOT])).issuer), 0)
      await assertReverts(registry.read.statusOf([ROOT, 0n]), 'UnknownList', [ROOT])
      await assertReverts(registry.read.words([ROOT, 0n, 0n]), 'UnknownList', [ROOT])
    })

    it('refuses an index or words that the list does not have', async () => {
      await assertReverts(registry.read.statusOf([revocation, BigInt(CAPACITY)]), 'IndexOutOfRange')
      assert.equal((await registry.read.words([revocation, 0n, 512n])).length, 512)
      assert.equal((await registry.read.words([revocation, 512n, 0n])).length, 0)
      for (const [from, count] of [
        [0n, 513n],
        [512n, 1n],
        [513n, 0n],
        [1n, 2n ** 256n - 1n],
      ] as const) {
        await assertReverts(registry.read.words([revocation, from, count]), 'WordsOutOfRange', [
          from,
          count,
          512n,
        ])
      }
    })

    it('names the DID registry', async () => {
      assert.equal(await registry.read.didRegistry(), getAddress(deployed.didRegistry.address))
    })
  })
})

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { encodeAbiParameters, type Hex, keccak256, parseEventLogs } from 'viem'
import { statusListRegistryAbi } from '../../node/ledger/abi.ts'
import { packIndices } from './random-indices.ts'
import { type DeployedRegistries, deployRegistries } from './registries.ts'

const CAPACITY = 131_072
const WORDS = CAPACITY / 256
const SUSPENSION = 1

/** The bitstring as W3C Bitstring Status List lays it out: index 0 is the leftmost bit of the first byte. */
class BitstringModel {
  readonly bytes = new Uint8Array(CAPACITY / 8)

  set(indices: readonly number[], value: boolean): void {
    for (const index of indices) {
      const bit = 0x80 >> (index % 8)
      const byte = this.bytes[Math.floor(index / 8)] ?? 0
      this.bytes[Math.floor(index / 8)] = value ? byte | bit : byte & ~bit
    }
  }

  get(index: number): boolean {
    return ((this.bytes[Math.floor(index / 8)] ?? 0) & (0x80 >> (index % 8))) !== 0
  }

  hex(): string {
    return Buffer.from(this.bytes).toString('hex')
  }
}

/** Indices that crowd into few words, lie on their borders, or are spread over the list. */
const indices = fc
  .uniqueArray(
    fc.oneof(
      fc.integer({ min: 0, max: CAPACITY - 1 }),
      fc.integer({ min: 0, max: 1_023 }),
      fc
        .tuple(fc.integer({ min: 1, max: WORDS - 1 }), fc.constantFrom(-1, 0, 1))
        .map(([w, d]) => w * 256 + d),
      fc.constantFrom(0, 255, 256, CAPACITY - 256, CAPACITY - 1),
    ),
    { minLength: 1, maxLength: 60 },
  )
  .map((unsorted) => unsorted.sort((a, b) => a - b))

describe('StatusListRegistry against a model', () => {
  let deployed: DeployedRegistries
  let registry: DeployedRegistries['statusListRegistry']

  before(async () => {
    deployed = await deployRegistries()
    registry = deployed.statusListRegistry
  })

  const words = async (listId: Hex) =>
    (await registry.read.words([listId, 0n, BigInt(WORDS)])).map((word) => word.slice(2)).join('')

  it('has the bits of the model after every change, and a replay of its events gives both', async () => {
    const issuer = deployed.issuer.account.address
    let number = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ indices, value: fc.boolean() }), { minLength: 1, maxLength: 6 }),
        async (changes) => {
          await registry.write.createList([issuer, SUSPENSION, number, CAPACITY, ''])
          const listId = await registry.read.listIdOf([issuer, SUSPENSION, number])
          number += 1
          const model = new BitstringModel()
          for (const [version, change] of changes.entries()) {
            await registry.write.setStatus([listId, version, packIndices(change.indices), change.value])
            model.set(change.indices, change.value)
            assert.equal(await words(listId), model.hex())
            const probe = change.indices[0] ?? 0
            assert.equal(await registry.read.statusOf([listId, BigInt(probe)]), model.get(probe))
          }
          await assertReplayed(listId, model)
        },
      ),
      { seed: 20260328, numRuns: 60 },
    )
  })

  /** Replays the StatusChanged events of a list: bits, version and digest chain. */
  async function assertReplayed(listId: Hex, model: BitstringModel) {
    const { createdBlock, version, digest } = await registry.read.list([listId])
    const logs = await deployed.client.getLogs({ address: registry.address, fromBlock: BigInt(createdBlock) })
    const replayed = new BitstringModel()
    let chain = listId
    let changes = 0
    for (const { args } of parseEventLogs({ abi: statusListRegistryAbi, logs, eventName: 'StatusChanged' })) {
      if (args.listId !== listId) continue
      const bytes = Buffer.from(args.indices.slice(2), 'hex')
      const changed = Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readUInt32BE(i * 4))
      replayed.set(changed, args.value)
      changes += 1
      assert.equal(args.version, changes)
      chain = keccak256(
        encodeAbiParameters(
          [{ type: 'bytes32' }, { type: 'uint32' }, { type: 'bool' }, { type: 'bytes32' }],
          [chain, args.version, args.value, keccak256(args.indices)],
        ),
      )
      assert.equal(args.digest, chain)
    }
    assert.deepEqual({ version, digest }, { version: changes, digest: chain })
    assert.equal(replayed.hex(), model.hex())
  }

  it('refuses any order that is not strictly increasing', async () => {
    const issuer = deployed.issuer.account.address
    await registry.write.createList([issuer, SUSPENSION, 4_294_967_295, CAPACITY, ''])
    const listId = await registry.read.listIdOf([issuer, SUSPENSION, 4_294_967_295])
    await fc.assert(
      fc.asyncProperty(indices, fc.nat(), fc.nat(), async (increasing, from, to) => {
        const disordered = [...increasing]
        const moved = increasing[from % increasing.length] ?? 0
        disordered.splice(to % (increasing.length + 1), 0, moved)
        await assert.rejects(registry.simulate.setStatus([listId, 0, packIndices(disordered), true]), {
          name: 'ContractFunctionExecutionError',
          message: /IndicesNotIncreasing/,
        })
      }),
      { seed: 20260329, numRuns: 60 },
    )
  })
})

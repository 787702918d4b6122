import assert from 'node:assert/strict'
import { type Hex, keccak256, stringToHex } from 'viem'
import { deployDidRegistry, setAttribute } from './did-registry.ts'

/** Bytes without zeros that are the same in every run: a zero byte of calldata would cost a quarter. */
const bytes = (label: string, size: number): Hex =>
  `0x${keccak256(stringToHex(label))
    .slice(2)
    .replaceAll('00', '11')
    .repeat(2)
    .slice(0, 2 * size)}`

/** What an issuer writes when it is made: two assertion keys, a key for encryption, and where its node is. */
const changes = [
  setAttribute('did/pub/Multikey/veriKey/base58', `0xed01${bytes('Ed25519', 32).slice(2)}`),
  setAttribute('did/pub/Multikey/veriKey/base58', `0x8024${bytes('P-256', 33).slice(2)}`),
  setAttribute('did/pub/X25519/enc/base58', bytes('X25519', 32)),
  setAttribute('did/svc/LinkedDomains', stringToHex('https://issuer.example.com/api/v1')),
]

describe('DidRegistry gas of four attributes', () => {
  let chain: Awaited<ReturnType<typeof deployDidRegistry>>
  before(async () => {
    chain = await deployDidRegistry()
  })

  const gasOf = async (hash: Hex) => (await chain.client.getTransactionReceipt({ hash })).gasUsed

  it('is at most 70,000 for the first change of an identity, 55,000 for a later one', async () => {
    const identity = await chain.newIdentity()
    const apply = () =>
      chain.registry.write.applyChanges([identity.address, changes], { account: identity.address })
    const first = await gasOf(await apply())
    const later = await gasOf(await apply())
    assert.ok(first <= 70_000n, `first change: ${first} gas`)
    assert.ok(later <= 55_000n, `later change: ${later} gas`)
  })

  it('is at most 107,000 for the first signed change of an identity, 73,000 for a later one', async () => {
    const identity = await chain.newIdentity()
    const deadline = (await chain.now()) + 600n
    const apply = async () => {
      const signature = await chain.signChanges(identity, identity.address, changes, deadline)
      return chain.registry.write.applyChangesSigned([identity.address, changes, deadline, signature])
    }
    const first = await gasOf(await apply())
    const later = await gasOf(await apply())
    assert.ok(first <= 107_000n, `first signed change: ${first} gas`)
    assert.ok(later <= 73_000n, `later signed change: ${later} gas`)
  })
})

import assert from 'node:assert/strict'
import { encodeFunctionData, type Hex, keccak256, stringToHex } from 'viem'
import {
  type Account,
  addDelegate,
  bytes32,
  changeOwner,
  DAY,
  deployDidRegistry,
  KIND,
  NOBODY,
  newAccount,
  reverts,
  revokeAttribute,
  revokeDelegate,
  setAttribute,
} from './did-registry.ts'

describe('DidRegistry', () => {
  let chain: Awaited<ReturnType<typeof deployDidRegistry>>
  let identity: Account
  let delegate: Hex
  before(async () => {
    chain = await deployDidRegistry()
  })
  beforeEach(async () => {
    identity = await chain.newIdentity()
    delegate = newAccount().address
  })

  const asOwner = () => ({ account: identity.address })
  const status = bytes32('status')

  describe('an identity that never wrote', () => {
    it('owns itself and is active, without a stored owner', async () => {
      const { registry } = chain
      assert.equal(await registry.read.identityOwner([identity.address]), identity.address)
      assert.equal(await registry.read.owners([identity.address]), NOBODY)
      assert.equal(await registry.read.isActive([identity.address]), true)
      assert.equal(await registry.read.changed([identity.address]), 0n)
    })

    it('is not active where it is address 0x0', async () => {
      assert.equal(await chain.registry.read.isActive([NOBODY]), false)
      assert.equal(await chain.registry.read.isAuthorized([NOBODY, status, NOBODY]), false)
    })
  })

  describe('changeOwner', () => {
    it('gives the identity to the new owner, keeps the delegates and shuts the old owner out', async () => {
      const { registry } = chain
      const next = await chain.newIdentity()
      const { blockNumber } = await chain.eventsOf(
        await registry.write.addDelegate([identity.address, status, delegate, DAY], asOwner()),
      )
      const { events } = await chain.eventsOf(
        await registry.write.changeOwner([identity.address, next.address], asOwner()),
      )
      assert.deepEqual(events, [
        {
          eventName: 'DIDOwnerChanged',
          identity: identity.address,
          owner: next.address,
          previousChange: blockNumber,
        },
      ])
      assert.equal(await registry.read.owners([identity.address]), next.address)
      assert.equal(await registry.read.validDelegate([identity.address, status, delegate]), true)
      const back = [identity.address, identity.address] as const
      await reverts(registry.simulate.changeOwner(back, asOwner()), 'bad_actor')
      await registry.write.changeOwner(back, { account: next.address })
      assert.equal(await registry.read.identityOwner([identity.address]), identity.address)
    })
  })

  describe('delegates', () => {
    it('are valid for their type until validTo', async () => {
      const { registry } = chain
      const hash = await registry.write.addDelegate([identity.address, status, delegate, DAY], asOwner())
      const { events, timestamp } = await chain.eventsOf(hash)
      const validTo = timestamp + DAY
      assert.deepEqual(events, [
        {
          eventName: 'DIDDelegateChanged',
          identity: identity.address,
          delegateType: status,
          delegate,
          validTo,
          previousChange: 0n,
        },
      ])
      assert.equal(await registry.read.delegates([identity.address, keccak256(status), delegate]), validTo)
      assert.equal(await registry.read.isAuthorized([identity.address, status, delegate]), true)
      assert.equal(await registry.read.isAuthorized([identity.address, bytes32('schema'), delegate]), false)
      assert.equal(await registry.read.isAuthorized([identity.address, status, chain.stranger]), false)
      assert.equal(await registry.read.isAuthorized([identity.address, status, identity.address]), true)
      assert.equal(await registry.read.validDelegate([identity.address, status, identity.address]), false)
    })

    it('are revoked with validTo = 0, in the event and in storage', async () => {
      const { registry } = chain
      await registry.write.addDelegate([identity.address, status, delegate, DAY], asOwner())
      const hash = await registry.write.revokeDelegate([identity.address, status, delegate], asOwner())
      const { events } = await chain.eventsOf(hash)
      assert.equal(events[0]?.validTo, 0n)
      assert.equal(await registry.read.delegates([identity.address, keccak256(status), delegate]), 0n)
      assert.equal(await registry.read.validDelegate([identity.address, status, delegate]), false)
    })

    it('cannot have a validity that overflows', async () => {
      const args = [identity.address, status, delegate, 2n ** 256n - 1n] as const
      await assert.rejects(chain.registry.simulate.addDelegate(args, asOwner()), /overflow/)
    })

    it('cannot write', async () => {
      const { registry } = chain
      await registry.write.addDelegate([identity.address, status, chain.stranger, DAY], asOwner())
      const args = [identity.address, bytes32('did/svc/x'), '0x01', DAY] as const
      await reverts(registry.simulate.setAttribute(args, { account: chain.stranger }), 'bad_actor')
    })
  })

  describe('attributes', () => {
    it('stand in events, revoked ones with validTo = 0', async () => {
      const { registry } = chain
      const name = bytes32('did/svc/LinkedDomains')
      const value = stringToHex('https://example.com')
      const set = await chain.eventsOf(
        await registry.write.setAttribute([identity.address, name, value, DAY], asOwner()),
      )
      const revoked = await chain.eventsOf(
        await registry.write.revokeAttribute([identity.address, name, value], asOwner()),
      )
      const attribute = { eventName: 'DIDAttributeChanged', identity: identity.address, name, value }
      assert.deepEqual(set.events, [{ ...attribute, validTo: set.timestamp + DAY, previousChange: 0n }])
      assert.deepEqual(revoked.events, [{ ...attribute, validTo: 0n, previousChange: set.blockNumber }])
      assert.equal(await registry.read.changed([identity.address]), revoked.blockNumber)
    })
  })

  describe('applyChanges', () => {
    it('emits the event of each change, all with the block of the change before', async () => {
      const { registry } = chain
      const before = await chain.eventsOf(
        await registry.write.applyChanges([identity.address, [setAttribute('did/svc/a', '0x01')]], asOwner()),
      )
      const changes = [
        setAttribute('did/svc/b', '0xaa', 10n),
        addDelegate('status', delegate, 20n),
        revokeAttribute('did/svc/a', '0x01'),
        revokeDelegate('status', delegate),
        changeOwner(delegate),
      ]
      const hash = await registry.write.applyChanges([identity.address, changes], asOwner())
      const { blockNumber, timestamp, events } = await chain.eventsOf(hash)
      const every = { identity: identity.address, previousChange: before.blockNumber }
      const attribute = { eventName: 'DIDAttributeChanged', ...every }
      const changed = { eventName: 'DIDDelegateChanged', ...every, delegateType: status, delegate }
      assert.deepEqual(events, [
        { ...attribute, name: bytes32('did/svc/b'), value: '0xaa', validTo: timestamp + 10n },
        { ...changed, validTo: timestamp + 20n },
        { ...attribute, name: bytes32('did/svc/a'), value: '0x01', validTo: 0n },
        { ...changed, validTo: 0n },
        { eventName: 'DIDOwnerChanged', ...every, owner: delegate },
      ])
      assert.equal(await registry.read.changed([identity.address]), blockNumber)
      assert.equal(await registry.read.identityOwner([identity.address]), delegate)
    })

    it('links two transactions of one block by that block', async () => {
      const send = (name: string) =>
        chain.registry.write.applyChanges([identity.address, [setAttribute(name, '0x01')]], asOwner())
      const hashes = await chain.inOneBlock(async () => [await send('did/svc/a'), await send('did/svc/b')])
      const [first, second] = await Promise.all(hashes.map(chain.eventsOf))
      assert.ok(first && second)
      assert.equal(first.blockNumber, second.blockNumber)
      assert.equal(first.events[0]?.previousChange, 0n)
      assert.equal(second.events[0]?.previousChange, first.blockNumber)
    })

    it('refuses an empty batch, and a caller who is not the owner', async () => {
      const { registry } = chain
      const { address } = identity
      await reverts(registry.simulate.applyChanges([address, []], asOwner()), 'NoChanges', [address])
      const args = [address, [setAttribute('did/svc/a', '0x01')]] as const
      const { stranger } = chain
      await reverts(registry.simulate.applyChanges(args, { account: stranger }), 'NotIdentityOwner', [
        address,
        stranger,
      ])
    })

    it('refuses a change with a name, value or validity that its kind does not take', async () => {
      const good = setAttribute('did/svc/a', '0x01')
      const bad = [
        { ...revokeAttribute('did/svc/a', '0x01'), validity: 1n },
        { ...revokeDelegate('status', delegate), validity: 1n },
        { ...changeOwner(delegate), validity: 1n },
        { ...changeOwner(delegate), name: status },
        { ...changeOwner(delegate), value: '0x' as Hex },
        { ...addDelegate('status', delegate), value: `${delegate}00` as Hex },
        { ...revokeDelegate('status', delegate), value: delegate.slice(0, -2) as Hex },
      ]
      for (const change of bad) {
        const call = chain.registry.simulate.applyChanges([identity.address, [good, change]], asOwner())
        await reverts(call, 'InvalidChange', [1n])
      }
      const unknown = { ...good, kind: KIND.changeOwner + 1 }
      await assert.rejects(chain.registry.simulate.applyChanges([identity.address, [unknown]], asOwner()))
    })

    it('refuses, whole, a batch that goes on after giving the identity away', async () => {
      const { registry } = chain
      const args = [identity.address, [changeOwner(delegate), setAttribute('did/svc/a', '0x01')]] as const
      await reverts(registry.simulate.applyChanges(args, asOwner()), 'NotIdentityOwner')
      assert.equal(await registry.read.identityOwner([identity.address]), identity.address)
    })
  })

  describe('applyChangesSigned', () => {
    it('does as applyChanges, whoever sends it, and counts the nonce of the identity alone', async () => {
      const { registry } = chain
      const changes = [setAttribute('did/svc/a', '0x01'), addDelegate('status', delegate)]
      const deadline = (await chain.now()) + 60n
      const signature = await chain.signChanges(identity, identity.address, changes, deadline)
      const args = [identity.address, changes, deadline, signature] as const
      const { events, blockNumber } = await chain.eventsOf(await registry.write.applyChangesSigned(args))
      assert.deepEqual(
        events.map(({ eventName }) => eventName),
        ['DIDAttributeChanged', 'DIDDelegateChanged'],
      )
      assert.equal(await registry.read.changed([identity.address]), blockNumber)
      assert.equal(await registry.read.changesNonce([identity.address]), 1n)
      assert.equal(await registry.read.nonce([identity.address]), 0n)
    })

    it('takes the ERC-1271 signature of an owner that is a contract, and of no other key', async () => {
      const { registry } = chain
      const wallet = await chain.deployWallet(identity.address)
      const { address } = wallet
      const deadline = (await chain.now()) + 60n
      const changes = [setAttribute('did/svc/a', '0x01')]
      const other = await chain.signChanges(newAccount(), address, changes, deadline)
      await reverts(
        registry.simulate.applyChangesSigned([address, changes, deadline, other]),
        'InvalidSignature',
        [address],
      )
      const signature = await chain.signChanges(identity, address, changes, deadline)
      await registry.write.applyChangesSigned([address, changes, deadline, signature])
      assert.equal(await registry.read.changesNonce([address]), 1n)
    })

    it('lets a contract that owns an identity write by call', async () => {
      const { registry } = chain
      const wallet = await chain.deployWallet(identity.address)
      await registry.write.changeOwner([identity.address, wallet.address], asOwner())
      const data = encodeFunctionData({
        abi: registry.abi,
        functionName: 'changeOwner',
        args: [identity.address, delegate],
      })
      await wallet.write.execute([registry.address, data], asOwner())
      assert.equal(await registry.read.identityOwner([identity.address]), delegate)
    })
  })
})

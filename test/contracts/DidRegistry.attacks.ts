import assert from 'node:assert/strict'
import {
  concat,
  type Hex,
  hexToBigInt,
  numberToHex,
  parseSignature,
  serializeSignature,
  stringToHex,
  zeroHash,
} from 'viem'
import {
  type Account,
  addDelegate,
  bytes32,
  changeOwner,
  DAY,
  deployDidRegistry,
  NOBODY,
  newAccount,
  reverts,
  setAttribute,
} from './did-registry.ts'

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const status = bytes32('status')
const name = bytes32('did/svc/x')

describe('DidRegistry under attack', () => {
  let chain: Awaited<ReturnType<typeof deployDidRegistry>>
  let identity: Account
  let thief: Hex
  let deadline: bigint
  before(async () => {
    chain = await deployDidRegistry()
  })
  beforeEach(async () => {
    identity = await chain.newIdentity()
    thief = chain.stranger
    deadline = (await chain.now()) + 60n
  })

  const deactivate = () =>
    chain.registry.write.changeOwner([identity.address, NOBODY], { account: identity.address })

  /** Each signed call of ERC-1056 for the identity, with what its owner signs. */
  const signedCalls = () => {
    const { simulate } = chain.registry
    const { address } = identity
    type Signature = Awaited<ReturnType<typeof chain.signCall>>
    const value = '0x0102' as const
    const validity = numberToHex(DAY, { size: 32 })
    return {
      changeOwnerSigned: {
        message: [stringToHex('changeOwner'), thief],
        call: (s: Signature) => simulate.changeOwnerSigned([address, ...s, thief]),
      },
      addDelegateSigned: {
        message: [stringToHex('addDelegate'), status, thief, validity],
        call: (s: Signature) => simulate.addDelegateSigned([address, ...s, status, thief, DAY]),
      },
      revokeDelegateSigned: {
        message: [stringToHex('revokeDelegate'), status, thief],
        call: (s: Signature) => simulate.revokeDelegateSigned([address, ...s, status, thief]),
      },
      setAttributeSigned: {
        message: [stringToHex('setAttribute'), name, value, validity],
        call: (s: Signature) => simulate.setAttributeSigned([address, ...s, name, value, DAY]),
      },
      revokeAttributeSigned: {
        message: [stringToHex('revokeAttribute'), name, value],
        call: (s: Signature) => simulate.revokeAttributeSigned([address, ...s, name, value]),
      },
    }
  }

  describe('a deactivated identity', () => {
    it('cannot be brought back by the key that it came from', async () => {
      const { registry } = chain
      const asOwner = { account: identity.address }
      const { address } = identity
      await deactivate()
      await reverts(registry.simulate.changeOwner([address, address], asOwner), 'bad_actor')
      await reverts(registry.simulate.changeOwner([address, address], { account: NOBODY }), 'bad_actor')
      await reverts(registry.simulate.setAttribute([address, name, '0x01', DAY], asOwner), 'bad_actor')
      await reverts(registry.simulate.revokeAttribute([address, name, '0x01'], asOwner), 'bad_actor')
      await reverts(registry.simulate.addDelegate([address, status, thief, DAY], asOwner), 'bad_actor')
      await reverts(registry.simulate.revokeDelegate([address, status, thief], asOwner), 'bad_actor')
      const changes = [changeOwner(address)]
      await reverts(registry.simulate.applyChanges([address, changes], asOwner), 'IdentityDeactivated', [
        address,
      ])
      const signature = await chain.signChanges(identity, address, changes, deadline)
      const batch = registry.simulate.applyChangesSigned([address, changes, deadline, signature])
      await reverts(batch, 'IdentityDeactivated', [address])
      for (const { message, call } of Object.values(signedCalls())) {
        await reverts(call(await chain.signCall(identity, address, message)), 'bad_signature')
        // A client asks for the nonce of the owner, which is now 0x0.
        await reverts(call(await chain.signCall(identity, address, message, 0n)), 'bad_signature')
      }
      assert.equal(await registry.read.identityOwner([address]), NOBODY)
    })

    it('cannot be brought back by a former owner, nor by a signature made before', async () => {
      const { registry } = chain
      const next = await chain.newIdentity()
      const { address } = identity
      await registry.write.changeOwner([address, next.address], { account: address })
      const early = await chain.signChanges(next, address, [changeOwner(thief)], deadline)
      const earlyCall = await chain.signCall(next, address, [stringToHex('changeOwner'), thief])
      await registry.write.applyChanges([address, [changeOwner(NOBODY)]], { account: next.address })
      for (const account of [address, next.address]) {
        await reverts(registry.simulate.changeOwner([address, account], { account }), 'bad_actor')
      }
      const args = [address, [changeOwner(thief)], deadline, early] as const
      await reverts(registry.simulate.applyChangesSigned(args), 'IdentityDeactivated')
      await reverts(registry.simulate.changeOwnerSigned([address, ...earlyCall, thief]), 'bad_signature')
    })

    it('cannot be written in the batch that deactivates it', async () => {
      const changes = [changeOwner(NOBODY), setAttribute('did/svc/x', '0x01')]
      const call = chain.registry.simulate.applyChanges([identity.address, changes], {
        account: identity.address,
      })
      await reverts(call, 'IdentityDeactivated', [identity.address])
    })

    it('has no valid delegate and no authorised actor', async () => {
      const { registry } = chain
      const { address } = identity
      await registry.write.addDelegate([address, status, thief, DAY], { account: address })
      await deactivate()
      assert.equal(await registry.read.validDelegate([address, status, thief]), false)
      for (const actor of [thief, address, NOBODY] as const) {
        assert.equal(await registry.read.isAuthorized([address, status, actor]), false)
      }
    })
  })

  describe('a signature that recovers to 0x0', () => {
    const garbage = [0, zeroHash, zeroHash] as const

    it('takes neither identity 0x0 nor a deactivated one', async () => {
      const { simulate } = chain.registry
      await deactivate()
      for (const victim of [NOBODY, identity.address] as const) {
        const calls = [
          () => simulate.changeOwnerSigned([victim, ...garbage, thief]),
          () => simulate.addDelegateSigned([victim, ...garbage, status, thief, DAY]),
          () => simulate.revokeDelegateSigned([victim, ...garbage, status, thief]),
          () => simulate.setAttributeSigned([victim, ...garbage, name, '0x01', DAY]),
          () => simulate.revokeAttributeSigned([victim, ...garbage, name, '0x01']),
        ]
        for (const call of calls) await reverts(call(), 'bad_signature')
        for (const signature of ['0x', `0x${'00'.repeat(65)}`] as const) {
          const batch = simulate.applyChangesSigned([victim, [changeOwner(thief)], deadline, signature])
          await reverts(batch, 'IdentityDeactivated', [victim])
        }
      }
    })
  })

  describe('a signed call of ERC-1056', () => {
    it('is refused with any other key, nonce, argument or call', async () => {
      const calls = Object.entries(signedCalls())
      for (const [called, { call }] of calls) {
        for (const [signed, { message }] of calls) {
          const signature = await chain.signCall(identity, identity.address, message)
          if (called === signed) await call(signature)
          else await reverts(call(signature), 'bad_signature')
        }
        const { message } = signedCalls()[called as keyof ReturnType<typeof signedCalls>]
        const stranger = await chain.signCall(newAccount(), identity.address, message)
        const future = await chain.signCall(identity, identity.address, message, 1n)
        const other = await chain.signCall(identity, thief, message)
        const altered = await chain.signCall(identity, identity.address, [...message, '0x00'])
        for (const signature of [stranger, future, other, altered]) {
          await reverts(call(signature), 'bad_signature')
        }
      }
    })

    it('works once, in neither of its two forms again', async () => {
      const { registry } = chain
      const [v, r, s] = await chain.signCall(identity, identity.address, [
        stringToHex('setAttribute'),
        name,
        '0x01',
        numberToHex(DAY, { size: 32 }),
      ])
      await registry.write.setAttributeSigned([identity.address, v, r, s, name, '0x01', DAY])
      assert.equal(await registry.read.nonce([identity.address]), 1n)
      assert.equal(await registry.read.changesNonce([identity.address]), 0n)
      const otherS = numberToHex(ORDER - hexToBigInt(s), { size: 32 })
      for (const signature of [
        [v, r, s],
        [55 - v, r, otherS],
      ] as const) {
        const again = registry.simulate.setAttributeSigned([
          identity.address,
          ...signature,
          name,
          '0x01',
          DAY,
        ])
        await reverts(again, 'bad_signature')
      }
    })

    it('does not let a value run into the validity that follows it', async () => {
      const message = [stringToHex('setAttribute'), name, '0x01', numberToHex(DAY, { size: 32 })] as Hex[]
      const signature = await chain.signCall(identity, identity.address, message)
      const shifted = concat(['0x01', numberToHex(DAY, { size: 32 })])
      const { simulate } = chain.registry
      const asRevocation = simulate.revokeAttributeSigned([identity.address, ...signature, name, shifted])
      await reverts(asRevocation, 'bad_signature')
      const shorter = simulate.setAttributeSigned([identity.address, ...signature, name, '0x', DAY])
      await reverts(shorter, 'bad_signature')
    })
  })

  describe('a signed batch', () => {
    const changes = [setAttribute('did/svc/x', '0x0102'), addDelegate('status', `0x${'ab'.repeat(20)}`)]

    it('works once', async () => {
      const { registry } = chain
      const signature = await chain.signChanges(identity, identity.address, changes, deadline)
      const args = [identity.address, changes, deadline, signature] as const
      await registry.write.applyChangesSigned(args)
      await reverts(registry.simulate.applyChangesSigned(args), 'InvalidSignature', [identity.address])
    })

    it('is refused for another chain, registry, identity, nonce, deadline or key', async () => {
      const { simulate } = chain.registry
      const { address } = identity
      const other = await chain.newIdentity()
      const sign = (fields: Parameters<typeof chain.signChanges>[4]) =>
        chain.signChanges(identity, address, changes, deadline, fields)
      const signatures = [
        await sign({ chainId: chain.chainId + 1 }),
        await sign({ registry: other.address }),
        await sign({ nonce: 1n }),
        await chain.signChanges(identity, other.address, changes, deadline),
        await chain.signChanges(identity, address, changes, deadline + 1n),
        await chain.signChanges(identity, address, [...changes].reverse(), deadline),
        await chain.signChanges(other, address, changes, deadline),
      ]
      for (const signature of signatures) {
        const call = simulate.applyChangesSigned([address, changes, deadline, signature])
        await reverts(call, 'InvalidSignature', [address])
      }
      await simulate.applyChangesSigned([address, changes, deadline, await sign({})])
    })

    it('is refused after its deadline', async () => {
      const past = (await chain.now()) - 1n
      const signature = await chain.signChanges(identity, identity.address, changes, past)
      const call = chain.registry.simulate.applyChangesSigned([identity.address, changes, past, signature])
      await reverts(call, 'SignatureExpired', [past])
    })

    it('is refused when the signature is malformed or in its other form', async () => {
      const signature = await chain.signChanges(identity, identity.address, changes, deadline)
      const { r, s, yParity } = parseSignature(signature)
      const otherS = numberToHex(ORDER - hexToBigInt(s), { size: 32 })
      const malformed: Hex[] = [
        '0x',
        signature.slice(0, -2) as Hex,
        `${signature}00`,
        serializeSignature({ r, s: otherS, yParity: 1 - yParity }),
        `0x${'00'.repeat(65)}`,
      ]
      for (const bad of malformed) {
        const call = chain.registry.simulate.applyChangesSigned([identity.address, changes, deadline, bad])
        await reverts(call, 'InvalidSignature', [identity.address])
      }
    })

    it('of a former owner is refused, of a new one taken', async () => {
      const { registry } = chain
      const next = await chain.newIdentity()
      const { address } = identity
      const former = await chain.signChanges(identity, address, changes, deadline)
      await registry.write.changeOwner([address, next.address], { account: address })
      await reverts(
        registry.simulate.applyChangesSigned([address, changes, deadline, former]),
        'InvalidSignature',
        [next.address],
      )
      const current = await chain.signChanges(next, address, changes, deadline)
      await registry.simulate.applyChangesSigned([address, changes, deadline, current])
    })
  })
})

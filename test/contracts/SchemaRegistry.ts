import assert from 'node:assert/strict'
import {
  encodeAbiParameters,
  getAddress,
  type Hex,
  keccak256,
  parseEventLogs,
  sha256,
  stringToHex,
  zeroAddress,
} from 'viem'
import { schemaRegistryAbi } from '../../node/ledger/abi.ts'
import { assertReverts } from './assert-reverts.ts'
import { type DeployedRegistries, delegateType, deployRegistries } from './registries.ts'

const JSON_SCHEMA = 0
const ANON_CREDS = 1
const UNKNOWN: Hex = `0x${'ab'.repeat(32)}`

describe('SchemaRegistry', () => {
  let deployed: DeployedRegistries
  let registry: DeployedRegistries['schemaRegistry']
  let issuer: Hex
  let pristine: Hex

  const schema = (changes: Partial<ReturnType<typeof plain>> = {}) => ({ ...plain(), ...changes })
  const plain = () => ({
    kind: JSON_SCHEMA,
    issuer,
    name: 'university-degree',
    version: '1.0',
    content: stringToHex('{"type":"object"}'),
    restricted: false,
  })
  const keyOf = ({ kind, issuer, name, version }: ReturnType<typeof plain>) =>
    registry.read.keyOf([kind, issuer, name, version])
  const registered = async (changes: Partial<ReturnType<typeof plain>> = {}) => {
    await registry.write.register([schema(changes)])
    return keyOf(schema(changes))
  }
  const as = (wallet: DeployedRegistries['issuer']) => ({ account: wallet.account })
  const logsOf = async (hash: Hex) =>
    parseEventLogs({
      abi: schemaRegistryAbi,
      logs: (await deployed.client.getTransactionReceipt({ hash })).logs,
    })

  before(async () => {
    deployed = await deployRegistries()
    registry = deployed.schemaRegistry
    issuer = getAddress(deployed.issuer.account.address)
  })
  beforeEach(async () => {
    pristine = await deployed.chain.snapshot()
  })
  afterEach(async () => {
    await deployed.chain.revert({ id: pristine })
  })

  describe('register', () => {
    it('emits the content and keeps its head, under the key of kind, issuer, name and version', async () => {
      const input = schema({ kind: ANON_CREDS, restricted: true })
      const hash = await registry.write.register([input])
      const key = keccak256(
        encodeAbiParameters(
          [{ type: 'uint8' }, { type: 'address' }, { type: 'string' }, { type: 'string' }],
          [ANON_CREDS, issuer, 'university-degree', '1.0'],
        ),
      )
      const [event] = await logsOf(hash)
      assert.equal(event?.eventName, 'SchemaRegistered')
      assert.deepEqual(event.args, { key, ...input, digest: sha256(input.content) })
      const block = await deployed.client.getBlock()
      assert.deepEqual(await registry.read.head([key]), {
        issuer,
        blockNumber: Number(block.number),
        timestamp: Number(block.timestamp),
        length: 17,
        active: true,
        restricted: true,
        kind: ANON_CREDS,
        digest: sha256(input.content),
      })
    })

    it('is read back with one call, one block of logs and one digest', async () => {
      const content: Hex = `0x${'7b227d'.repeat(1_000)}`
      const key = await registered({ content })
      await registered({ name: 'another' })
      const { blockNumber, digest } = await registry.read.head([key])
      const block = BigInt(blockNumber)
      const [event] = await registry.getEvents.SchemaRegistered({ key }, { fromBlock: block, toBlock: block })
      assert.equal(event?.args.content, content)
      assert.equal(sha256(content), digest)
    })

    it('keeps resources apart that differ in kind, version or where name ends and version begins', async () => {
      const keys = [
        await registered({ name: 'a', version: 'bc' }),
        await registered({ name: 'ab', version: 'c' }),
        await registered({ name: 'a', version: 'bc', kind: ANON_CREDS }),
        await registered({ name: 'a', version: 'b' }),
      ]
      assert.equal(new Set(keys).size, 4)
    })

    it('lets a schema delegate register for the issuer', async () => {
      await registry.write.register([schema()], as(deployed.delegate))
      assert.equal((await registry.read.head([await keyOf(schema())])).issuer, issuer)
    })

    it('refuses a stranger: nobody squats an id of another issuer', async () => {
      const squatting = registry.write.register([schema()], as(deployed.stranger))
      const stranger = getAddress(deployed.stranger.account.address)
      await assertReverts(squatting, 'NotAuthorized', [issuer, delegateType('schema'), stranger])
    })

    it('leaves the id of an issuer free when a stranger registers the same name for itself', async () => {
      const stranger = deployed.stranger.account.address
      await registry.write.register([schema({ issuer: stranger })], as(deployed.stranger))
      await registered()
    })

    it('refuses a delegate of another type, and everybody once the issuer is deactivated', async () => {
      await deployed.addDelegate('status', deployed.stranger.account.address)
      await assertReverts(registry.write.register([schema()], as(deployed.stranger)), 'NotAuthorized')
      await deployed.deactivateIssuer()
      await assertReverts(registry.write.register([schema()]), 'NotAuthorized')
      await assertReverts(registry.write.register([schema()], as(deployed.delegate)), 'NotAuthorized')
    })

    it('refuses to register again, with the same or another content, deactivated or not', async () => {
      const key = await registered()
      await assertReverts(registry.write.register([schema()]), 'AlreadyRegistered', [key])
      await registry.write.deactivate([key])
      const again = registry.write.register([schema({ content: '0x01', restricted: true })])
      await assertReverts(again, 'AlreadyRegistered', [key])
    })

    it('refuses empty and overlong content', async () => {
      const empty = registry.write.register([schema({ content: '0x' })])
      await assertReverts(empty, 'InvalidContentLength', [0n, 122_880n])
      const overlong = registry.write.register([schema({ content: `0x${'00'.repeat(122_881)}` })])
      await assertReverts(overlong, 'InvalidContentLength', [122_881n, 122_880n])
    })

    const refused = [
      '',
      '.',
      '..',
      'a/b',
      'a:b',
      'a?b',
      'a#b',
      'a%2fb',
      'a\tb',
      'a\u0000',
      'a\u007f',
      'é',
      'a\ud83d\ude00',
    ]
    for (const part of [...refused, 'a'.repeat(257)]) {
      it(`refuses ${JSON.stringify(part.slice(0, 8))} (${part.length}) as name and as version`, async () => {
        await assertReverts(registry.write.register([schema({ name: part })]), 'InvalidPart', [part])
        await assertReverts(registry.write.register([schema({ version: part })]), 'InvalidPart', [part])
      })
    }

    it('takes every other printable ASCII character', async () => {
      const printable = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('')
      const name = printable.replace(/[/:?#%]/g, '')
      assert.equal(name.length, 90)
      await registered({ name })
      await registered({ name: '...', version: 'a'.repeat(256) })
    })

    it('refuses a kind that does not exist', async () => {
      await assert.rejects(registry.write.register([schema({ kind: 2 })]))
    })
  })

  describe('registerBatch', () => {
    it('registers all', async () => {
      const hash = await registry.write.registerBatch([[schema(), schema({ version: '1.1' })]])
      const events = await logsOf(hash)
      assert.deepEqual(
        events.map(({ eventName, args }) => eventName === 'SchemaRegistered' && args.key),
        [await keyOf(schema()), await keyOf(schema({ version: '1.1' }))],
      )
    })

    it('registers none when one is refused', async () => {
      const stranger = deployed.stranger.account.address
      const batch = registry.write.registerBatch([[schema(), schema({ issuer: stranger })]])
      await assertReverts(batch, 'NotAuthorized')
      assert.equal((await registry.read.head([await keyOf(schema())])).blockNumber, 0)
    })
  })

  describe('deactivate', () => {
    it('is final, and leaves the schema readable', async () => {
      const key = await registered()
      const before = await registry.read.head([key])
      const [event] = await logsOf(await registry.write.deactivate([key], as(deployed.delegate)))
      assert.equal(event?.eventName, 'SchemaDeactivated')
      assert.deepEqual(event.args, { key, issuer })
      assert.deepEqual(await registry.read.head([key]), { ...before, active: false })
      await assertReverts(registry.write.deactivate([key]), 'KeyDeactivated', [key])
    })

    it('refuses a stranger, an unknown key, a deactivated issuer', async () => {
      const key = await registered()
      await assertReverts(registry.write.deactivate([key], as(deployed.stranger)), 'NotAuthorized')
      await assertReverts(registry.write.deactivate([UNKNOWN]), 'UnknownKey', [UNKNOWN])
      await deployed.deactivateIssuer()
      await assertReverts(registry.write.deactivate([key]), 'NotAuthorized')
    })
  })

  describe('setAllowed', () => {
    it('allows issuers of a restricted schema, and takes it back', async () => {
      const key = await registered({ restricted: true })
      const allowed = getAddress(deployed.stranger.account.address)
      const other = getAddress(deployed.relayer.account.address)
      assert.equal(await registry.read.isAllowed([key, allowed]), false)

      const events = await logsOf(await registry.write.setAllowed([key, [allowed, other], true]))
      assert.deepEqual(
        events.map(({ eventName, args }) => ({ eventName, args })),
        [allowed, other].map((account) => ({
          eventName: 'SchemaIssuerAllowed',
          args: { key, issuer: account, allowed: true },
        })),
      )
      assert.equal(await registry.read.isAllowed([key, allowed]), true)
      await registry.write.setAllowed([key, [allowed], false], as(deployed.delegate))
      assert.equal(await registry.read.isAllowed([key, allowed]), false)
      assert.equal(await registry.read.isAllowed([key, other]), true)
    })

    it('refuses a stranger, an unknown key, a schema that is open, a deactivated issuer', async () => {
      const key = await registered({ restricted: true })
      const open = await registered({ name: 'open' })
      const stranger = deployed.stranger.account.address
      await assertReverts(
        registry.write.setAllowed([key, [stranger], true], as(deployed.stranger)),
        'NotAuthorized',
      )
      await assertReverts(registry.write.setAllowed([UNKNOWN, [stranger], true]), 'UnknownKey')
      await assertReverts(registry.write.setAllowed([open, [stranger], true]), 'NotRestricted', [open])
      await deployed.deactivateIssuer()
      await assertReverts(registry.write.setAllowed([key, [stranger], true]), 'NotAuthorized')
    })
  })

  describe('reads', () => {
    it('allows the owner of a restricted schema, everybody by an open one, nobody by an unknown one', async () => {
      const restricted = await registered({ restricted: true })
      const open = await registered({ name: 'open' })
      const stranger = deployed.stranger.account.address
      assert.equal(await registry.read.isAllowed([restricted, issuer]), true)
      assert.equal(await registry.read.isAllowed([restricted, stranger]), false)
      assert.equal(await registry.read.isAllowed([open, stranger]), true)
      assert.equal(await registry.read.isAllowed([UNKNOWN, stranger]), false)
      assert.equal(await registry.read.isAllowed([UNKNOWN, zeroAddress]), false)
    })

    it('gives the state of a schema without its digest', async () => {
      const key = await registered({ kind: ANON_CREDS, restricted: true })
      assert.deepEqual(await registry.read.stateOf([key]), [issuer, ANON_CREDS, true, true])
      await registry.write.deactivate([key])
      assert.deepEqual(await registry.read.stateOf([key]), [issuer, ANON_CREDS, false, true])
      assert.deepEqual(await registry.read.stateOf([await registered()]), [issuer, JSON_SCHEMA, true, false])
      assert.deepEqual(await registry.read.stateOf([UNKNOWN]), [zeroAddress, JSON_SCHEMA, false, false])
    })

    it('gives zeros for an unknown key, and names the DID registry', async () => {
      const { issuer, active, blockNumber } = await registry.read.head([UNKNOWN])
      assert.deepEqual([Number(issuer), active, blockNumber], [0, false, 0])
      assert.equal(await registry.read.didRegistry(), getAddress(deployed.didRegistry.address))
    })
  })

  describe('gas', () => {
    // JSON text has no zero bytes, so each byte counts in full.
    const text = (length: number) =>
      stringToHex('{"properties":{"degree":{"type":"string"}}}'.repeat(100).slice(0, length))
    for (const [length, limit] of [
      [1_024, 118_000],
      [4_096, 195_000],
    ] as const) {
      for (const role of ['issuer', 'delegate'] as const) {
        it(`costs the ${role} at most ${limit} for ${length} bytes`, async () => {
          const input = schema({ content: text(length) })
          const gas = await deployed.gasOf(registry.write.register([input], as(deployed[role])))
          assert.ok(gas <= limit, `${gas} gas`)
        })
      }
    }

    it('stays below 8,000,000 for the longest content', async () => {
      const gas = await deployed.gasOf(
        registry.write.register([schema({ content: `0x${'7b'.repeat(122_880)}` })]),
      )
      assert.ok(gas <= 8_000_000, `${gas} gas`)
    })
  })
})

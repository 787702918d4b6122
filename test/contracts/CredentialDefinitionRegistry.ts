import assert from 'node:assert/strict'
import {
  encodeAbiParameters,
  getAddress,
  type Hex,
  keccak256,
  parseEventLogs,
  sha256,
  stringToHex,
} from 'viem'
import { credentialDefinitionRegistryAbi } from '../../node/ledger/abi.ts'
import { assertReverts } from './assert-reverts.ts'
import { type DeployedRegistries, deployRegistries } from './registries.ts'

const JSON_SCHEMA = 0
const ANON_CREDS = 1
const CLAIM_DEF = 0
const REV_REG_DEF = 1
const UNKNOWN: Hex = `0x${'ab'.repeat(32)}`

describe('CredentialDefinitionRegistry', () => {
  let deployed: DeployedRegistries
  let registry: DeployedRegistries['credentialDefinitionRegistry']
  let issuer: Hex
  let schemaKey: Hex
  let pristine: Hex

  const plain = () => ({
    kind: CLAIM_DEF,
    issuer,
    parentKey: schemaKey,
    tag: 'default',
    content: stringToHex('{"type":"CL"}'),
  })
  const definition = (changes: Partial<ReturnType<typeof plain>> = {}) => ({ ...plain(), ...changes })
  const keyOf = ({ kind, issuer, parentKey, tag }: ReturnType<typeof plain>) =>
    registry.read.keyOf([kind, issuer, parentKey, tag])
  const registered = async (changes: Partial<ReturnType<typeof plain>> = {}) => {
    await registry.write.register([definition(changes)])
    return keyOf(definition(changes))
  }
  const schemaRegistered = async (name: string, kind = ANON_CREDS, restricted = false) => {
    const schema = {
      kind,
      issuer,
      name,
      version: '1.0',
      content: stringToHex('{"attrNames":["a"]}'),
      restricted,
    }
    await deployed.schemaRegistry.write.register([schema])
    return deployed.schemaRegistry.read.keyOf([kind, issuer, name, '1.0'])
  }
  const as = (wallet: DeployedRegistries['issuer']) => ({ account: wallet.account })
  const logsOf = async (hash: Hex) =>
    parseEventLogs({
      abi: credentialDefinitionRegistryAbi,
      logs: (await deployed.client.getTransactionReceipt({ hash })).logs,
    })

  before(async () => {
    deployed = await deployRegistries()
    registry = deployed.credentialDefinitionRegistry
    issuer = getAddress(deployed.issuer.account.address)
    schemaKey = await schemaRegistered('degree')
  })
  beforeEach(async () => {
    pristine = await deployed.chain.snapshot()
  })
  afterEach(async () => {
    await deployed.chain.revert({ id: pristine })
  })

  describe('register a claim definition', () => {
    it('emits the content and keeps its head, under the key of kind, issuer, schema and tag', async () => {
      const input = definition()
      const key = keccak256(
        encodeAbiParameters(
          [{ type: 'uint8' }, { type: 'address' }, { type: 'bytes32' }, { type: 'string' }],
          [CLAIM_DEF, issuer, schemaKey, 'default'],
        ),
      )
      const [event] = await logsOf(await registry.write.register([input], as(deployed.delegate)))
      assert.equal(event?.eventName, 'DefinitionRegistered')
      assert.deepEqual(event.args, { key, ...input, digest: sha256(input.content) })
      const block = await deployed.client.getBlock()
      assert.deepEqual(await registry.read.head([key]), {
        issuer,
        blockNumber: Number(block.number),
        timestamp: Number(block.timestamp),
        length: 13,
        active: true,
        kind: CLAIM_DEF,
        digest: sha256(input.content),
      })
    })

    it('lets another issuer define credentials by an open schema', async () => {
      const stranger = deployed.stranger.account.address
      await registry.write.register([definition({ issuer: stranger })], as(deployed.stranger))
    })

    it('asks a restricted schema whether it allows the issuer', async () => {
      const restricted = await schemaRegistered('restricted', ANON_CREDS, true)
      const stranger = getAddress(deployed.stranger.account.address)
      const input = definition({ issuer: stranger, parentKey: restricted })
      await assertReverts(registry.write.register([input], as(deployed.stranger)), 'ParentNotAllowed', [
        restricted,
        stranger,
      ])
      await deployed.schemaRegistry.write.setAllowed([restricted, [stranger], true])
      await registry.write.register([input], as(deployed.stranger))
      await registered({ parentKey: restricted })
    })

    it('refuses an unknown, a deactivated or a JSON schema', async () => {
      const json = await schemaRegistered('json', JSON_SCHEMA)
      const dead = await schemaRegistered('dead')
      await deployed.schemaRegistry.write.deactivate([dead])
      const register = (parentKey: Hex) => registry.write.register([definition({ parentKey })])
      await assertReverts(register(UNKNOWN), 'UnknownKey', [UNKNOWN])
      await assertReverts(register(json), 'InvalidParentKind', [json])
      await assertReverts(register(dead), 'KeyDeactivated', [dead])
    })

    it('refuses a stranger, a deactivated issuer, a bad tag, empty content, a second registration', async () => {
      const key = await registered()
      await assertReverts(registry.write.register([definition()]), 'AlreadyRegistered', [key])
      await assertReverts(registry.write.register([definition({ tag: 'a/b' })]), 'InvalidPart', ['a/b'])
      await assertReverts(registry.write.register([definition({ tag: '' })]), 'InvalidPart', [''])
      const empty = definition({ tag: 'x', content: '0x' })
      await assertReverts(registry.write.register([empty]), 'InvalidContentLength', [0n, 122_880n])
      const other = definition({ tag: 'other' })
      await assertReverts(registry.write.register([other], as(deployed.stranger)), 'NotAuthorized')
      await deployed.deactivateIssuer()
      await assertReverts(registry.write.register([other]), 'NotAuthorized')
    })
  })

  describe('register a revocation registry definition', () => {
    it('stands under its claim definition', async () => {
      const claimDef = await registered()
      const revRegDef = await registered({ kind: REV_REG_DEF, parentKey: claimDef, tag: '0' })
      const { kind, active } = await registry.read.head([revRegDef])
      assert.deepEqual({ kind, active }, { kind: REV_REG_DEF, active: true })
    })

    it('refuses the claim definition of another issuer', async () => {
      const claimDef = await registered()
      const stranger = getAddress(deployed.stranger.account.address)
      const input = definition({ kind: REV_REG_DEF, parentKey: claimDef, issuer: stranger })
      await assertReverts(registry.write.register([input], as(deployed.stranger)), 'ParentNotAllowed', [
        claimDef,
        stranger,
      ])
    })

    it('refuses an unknown parent, a schema, another revocation registry, a deactivated definition', async () => {
      const claimDef = await registered()
      const revRegDef = await registered({ kind: REV_REG_DEF, parentKey: claimDef, tag: '0' })
      const register = (parentKey: Hex) =>
        registry.write.register([definition({ kind: REV_REG_DEF, parentKey, tag: '1' })])
      await assertReverts(register(UNKNOWN), 'UnknownKey', [UNKNOWN])
      await assertReverts(register(schemaKey), 'UnknownKey', [schemaKey])
      await assertReverts(register(revRegDef), 'InvalidParentKind', [revRegDef])
      await registry.write.deactivate([claimDef])
      await assertReverts(register(claimDef), 'KeyDeactivated', [claimDef])
    })
  })

  describe('registerBatch', () => {
    it('registers a claim definition and its revocation registry in one transaction', async () => {
      const claimDef = definition()
      const parentKey = await keyOf(claimDef)
      const revRegDef = definition({ kind: REV_REG_DEF, parentKey, tag: '0' })
      assert.equal((await logsOf(await registry.write.registerBatch([[claimDef, revRegDef]]))).length, 2)
      assert.equal((await registry.read.head([await keyOf(revRegDef)])).active, true)
    })

    it('registers none when one is refused', async () => {
      const batch = registry.write.registerBatch([[definition(), definition({ parentKey: UNKNOWN })]])
      await assertReverts(batch, 'UnknownKey')
      assert.equal((await registry.read.head([await keyOf(definition())])).active, false)
    })
  })

  describe('deactivate', () => {
    it('is final, and leaves the definition readable', async () => {
      const key = await registered()
      const before = await registry.read.head([key])
      const [event] = await logsOf(await registry.write.deactivate([key]))
      assert.equal(event?.eventName, 'DefinitionDeactivated')
      assert.deepEqual(event.args, { key, issuer })
      assert.deepEqual(await registry.read.head([key]), { ...before, active: false })
      await assertReverts(registry.write.deactivate([key]), 'KeyDeactivated', [key])
    })

    it('refuses a stranger and an unknown key', async () => {
      const key = await registered()
      await assertReverts(registry.write.deactivate([key], as(deployed.stranger)), 'NotAuthorized')
      await assertReverts(registry.write.deactivate([UNKNOWN]), 'UnknownKey', [UNKNOWN])
    })
  })

  it('names the registries it relies on', async () => {
    assert.equal(await registry.read.didRegistry(), getAddress(deployed.didRegistry.address))
    assert.equal(await registry.read.schemaRegistry(), getAddress(deployed.schemaRegistry.address))
  })

  describe('gas', () => {
    const text = (length: number) =>
      stringToHex('{"primary":{"n":"8276459120943"}}'.repeat(200).slice(0, length))
    for (const [length, limit] of [
      [1_024, 118_000],
      [4_096, 195_000],
    ] as const) {
      it(`costs a delegate at most ${limit} for ${length} bytes`, async () => {
        const input = definition({ content: text(length) })
        const gas = await deployed.gasOf(registry.write.register([input], as(deployed.delegate)))
        assert.ok(gas <= limit, `${gas} gas`)
      })
    }
  })
})

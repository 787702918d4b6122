import { type Hex, stringToHex, zeroAddress } from 'viem'
import { type DeployedRegistries, deployRegistries } from './registries.ts'
import { behavesAsSignedCall, type SignedCall } from './signed-call.ts'

describe('SchemaRegistry, signed calls', () => {
  let deployed: DeployedRegistries
  let registry: DeployedRegistries['schemaRegistry']
  let issuer: Hex
  let key: Hex
  let pristine: Hex

  const schema = (name: string) => ({
    kind: 1,
    issuer,
    name,
    version: '1.0',
    content: stringToHex('{"attrNames":["a"]}'),
    restricted: true,
  })
  const signedCall = (call: Omit<SignedCall, 'contract' | 'nonce'>): SignedCall => ({
    contract: { name: 'SchemaRegistry', address: registry.address },
    nonce: (signer) => registry.read.nonces([signer]),
    ...call,
  })
  const sent = () => ({ account: deployed.relayer.account })

  before(async () => {
    deployed = await deployRegistries()
    registry = deployed.schemaRegistry
    issuer = deployed.issuer.account.address
    await registry.write.register([schema('present')])
    key = await registry.read.keyOf([1, issuer, 'present', '1.0'])
  })
  beforeEach(async () => {
    pristine = await deployed.chain.snapshot()
  })
  afterEach(async () => {
    await deployed.chain.revert({ id: pristine })
  })

  describe('registerSigned', () => {
    behavesAsSignedCall(
      () => deployed,
      async () =>
        signedCall({
          primaryType: 'RegisterSchema',
          fields: [
            { name: 'kind', type: 'uint8' },
            { name: 'issuer', type: 'address' },
            { name: 'name', type: 'string' },
            { name: 'version', type: 'string' },
            { name: 'content', type: 'bytes' },
            { name: 'restricted', type: 'bool' },
          ],
          message: schema('signed'),
          send: (...signed) => registry.write.registerSigned([schema('signed'), ...signed], sent()),
          sendTampered: (...signed) =>
            registry.write.registerSigned([{ ...schema('signed'), content: '0x01' }, ...signed], sent()),
          sendForNobody: (...signed) =>
            registry.write.registerSigned([{ ...schema('signed'), issuer: zeroAddress }, ...signed], sent()),
          done: async () =>
            (await registry.read.head([await registry.read.keyOf([1, issuer, 'signed', '1.0'])])).active,
          replayError: 'InvalidSignature',
        }),
    )
  })

  describe('deactivateSigned', () => {
    behavesAsSignedCall(
      () => deployed,
      async () => {
        await registry.write.register([schema('other')])
        const other = await registry.read.keyOf([1, issuer, 'other', '1.0'])
        return signedCall({
          primaryType: 'Deactivate',
          fields: [{ name: 'key', type: 'bytes32' }],
          message: { key },
          send: (...signed) => registry.write.deactivateSigned([key, ...signed], sent()),
          sendTampered: (...signed) => registry.write.deactivateSigned([other, ...signed], sent()),
          done: async () => !(await registry.read.head([key])).active,
          replayError: 'InvalidSignature',
        })
      },
    )
  })

  describe('setAllowedSigned', () => {
    behavesAsSignedCall(
      () => deployed,
      async () => {
        const issuers = [deployed.stranger.account.address, deployed.relayer.account.address]
        return signedCall({
          primaryType: 'SetAllowed',
          fields: [
            { name: 'key', type: 'bytes32' },
            { name: 'issuers', type: 'address[]' },
            { name: 'allowed', type: 'bool' },
          ],
          message: { key, issuers, allowed: true },
          send: (...signed) => registry.write.setAllowedSigned([key, issuers, true, ...signed], sent()),
          sendTampered: (...signed) =>
            registry.write.setAllowedSigned([key, issuers.slice(0, 1), true, ...signed], sent()),
          done: () => registry.read.isAllowed([key, deployed.relayer.account.address]),
          replayError: 'InvalidSignature',
        })
      },
    )
  })
})

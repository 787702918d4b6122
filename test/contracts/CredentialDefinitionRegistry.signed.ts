import { type Hex, stringToHex, zeroAddress } from 'viem'
import { type DeployedRegistries, deployRegistries } from './registries.ts'
import { behavesAsSignedCall } from './signed-call.ts'

const ANON_CREDS = 1
const CLAIM_DEF = 0

describe('CredentialDefinitionRegistry, signed calls', () => {
  let deployed: DeployedRegistries
  let registry: DeployedRegistries['credentialDefinitionRegistry']
  let issuer: Hex
  let schemaKey: Hex
  let pristine: Hex

  const definition = (tag: string) => ({
    kind: CLAIM_DEF,
    issuer,
    parentKey: schemaKey,
    tag,
    content: stringToHex('{"type":"CL"}'),
  })
  const keyOf = (tag: string) => registry.read.keyOf([CLAIM_DEF, issuer, schemaKey, tag])
  const contract = () => ({ name: 'CredentialDefinitionRegistry', address: registry.address })
  const nonce = (signer: Hex) => registry.read.nonces([signer])
  const sent = () => ({ account: deployed.relayer.account })

  before(async () => {
    deployed = await deployRegistries()
    registry = deployed.credentialDefinitionRegistry
    issuer = deployed.issuer.account.address
    const content = stringToHex('{"attrNames":["a"]}')
    await deployed.schemaRegistry.write.register([
      { kind: ANON_CREDS, issuer, name: 'degree', version: '1.0', content, restricted: false },
    ])
    schemaKey = await deployed.schemaRegistry.read.keyOf([ANON_CREDS, issuer, 'degree', '1.0'])
    await registry.write.registerBatch([[definition('present'), definition('other')]])
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
      async () => ({
        contract: contract(),
        nonce,
        primaryType: 'RegisterDefinition',
        fields: [
          { name: 'kind', type: 'uint8' },
          { name: 'issuer', type: 'address' },
          { name: 'parentKey', type: 'bytes32' },
          { name: 'tag', type: 'string' },
          { name: 'content', type: 'bytes' },
        ],
        message: definition('signed'),
        send: (...signed) => registry.write.registerSigned([definition('signed'), ...signed], sent()),
        sendTampered: (...signed) =>
          registry.write.registerSigned([{ ...definition('signed'), tag: 'tampered' }, ...signed], sent()),
        sendForNobody: (...signed) =>
          registry.write.registerSigned(
            [{ ...definition('signed'), issuer: zeroAddress }, ...signed],
            sent(),
          ),
        done: async () => (await registry.read.head([await keyOf('signed')])).active,
        replayError: 'InvalidSignature',
      }),
    )
  })

  describe('deactivateSigned', () => {
    behavesAsSignedCall(
      () => deployed,
      async () => {
        const key = await keyOf('present')
        const other = await keyOf('other')
        return {
          contract: contract(),
          nonce,
          primaryType: 'Deactivate',
          fields: [{ name: 'key', type: 'bytes32' }],
          message: { key },
          send: (...signed) => registry.write.deactivateSigned([key, ...signed], sent()),
          sendTampered: (...signed) => registry.write.deactivateSigned([other, ...signed], sent()),
          done: async () => !(await registry.read.head([key])).active,
          replayError: 'InvalidSignature',
        }
      },
    )
  })
})

import { encodePacked, type Hex, zeroAddress } from 'viem'
import { type DeployedRegistries, deployRegistries } from './registries.ts'
import { behavesAsSignedCall, type SignedCall } from './signed-call.ts'

const REVOCATION = 0
const SUSPENSION = 1
const CAPACITY = 131_072
const URL = 'https://issuer.example/status/0'
const ROOT: Hex = `0x${'ab'.repeat(32)}`
const DIGEST: Hex = `0x${'cd'.repeat(32)}`

const packed = (first: number, second: number): Hex => encodePacked(['uint32', 'uint32'], [first, second])

describe('StatusListRegistry, signed calls', () => {
  let deployed: DeployedRegistries
  let registry: DeployedRegistries['statusListRegistry']
  let issuer: Hex
  let revocation: Hex
  let pristine: Hex

  before(async () => {
    deployed = await deployRegistries()
    registry = deployed.statusListRegistry
    issuer = deployed.issuer.account.address
    revocation = await registry.read.listIdOf([issuer, REVOCATION, 0])
    await registry.write.createList([issuer, REVOCATION, 0, CAPACITY, URL])
  })
  beforeEach(async () => {
    pristine = await deployed.chain.snapshot()
  })
  afterEach(async () => {
    await deployed.chain.revert({ id: pristine })
  })

  const contract = () => ({ name: 'StatusListRegistry', address: registry.address })
  const sent = () => ({ account: deployed.relayer.account })
  const list = (id: Hex) => registry.read.list([id])

  describe('createListSigned', () => {
    behavesAsSignedCall(
      () => deployed,
      async (): Promise<SignedCall> => {
        const creation = { issuer, purpose: SUSPENSION, number: 9, capacity: CAPACITY, url: URL }
        return {
          contract: contract(),
          primaryType: 'CreateList',
          fields: [
            { name: 'issuer', type: 'address' },
            { name: 'purpose', type: 'uint8' },
            { name: 'number', type: 'uint32' },
            { name: 'capacity', type: 'uint32' },
            { name: 'url', type: 'string' },
          ],
          message: creation,
          send: (...signed) => registry.write.createListSigned([creation, ...signed], sent()),
          sendTampered: (...signed) =>
            registry.write.createListSigned(
              [{ ...creation, url: 'https://evil.example' }, ...signed],
              sent(),
            ),
          sendForNobody: (...signed) =>
            registry.write.createListSigned([{ ...creation, issuer: zeroAddress }, ...signed], sent()),
          done: async () =>
            (await list(await registry.read.listIdOf([issuer, SUSPENSION, 9]))).capacity === CAPACITY,
          replayError: 'ListExists',
        }
      },
    )
  })

  describe('publishSigned', () => {
    behavesAsSignedCall(
      () => deployed,
      async (): Promise<SignedCall> => ({
        contract: contract(),
        primaryType: 'Publish',
        fields: [
          { name: 'listId', type: 'bytes32' },
          { name: 'expectedPublications', type: 'uint32' },
          { name: 'digest', type: 'bytes32' },
          { name: 'url', type: 'string' },
        ],
        message: { listId: revocation, expectedPublications: 0, digest: DIGEST, url: URL },
        send: (...signed) => registry.write.publishSigned([revocation, 0, DIGEST, URL, ...signed], sent()),
        sendTampered: (...signed) =>
          registry.write.publishSigned([revocation, 0, ROOT, URL, ...signed], sent()),
        done: async () => (await list(revocation)).publications === 1,
        replayError: 'UnexpectedPublications',
      }),
    )
  })

  describe('registerEntriesSigned', () => {
    behavesAsSignedCall(
      () => deployed,
      async (): Promise<SignedCall> => {
        const op = { listId: revocation, expectedRegistered: 0, count: 3, root: ROOT }
        return {
          contract: contract(),
          primaryType: 'RegisterEntries',
          fields: [
            { name: 'listId', type: 'bytes32' },
            { name: 'expectedRegistered', type: 'uint32' },
            { name: 'count', type: 'uint32' },
            { name: 'root', type: 'bytes32' },
          ],
          message: op,
          send: (...signed) => registry.write.registerEntriesSigned([op, ...signed], sent()),
          sendTampered: (...signed) =>
            registry.write.registerEntriesSigned([{ ...op, count: 4 }, ...signed], sent()),
          done: async () => (await list(revocation)).registered === 3,
          replayError: 'UnexpectedRegistered',
        }
      },
    )
  })

  describe('setStatusSigned', () => {
    behavesAsSignedCall(
      () => deployed,
      async (): Promise<SignedCall> => {
        const op = { listId: revocation, expectedVersion: 0, indices: packed(1, 500), value: true }
        return {
          contract: contract(),
          primaryType: 'SetStatus',
          fields: [
            { name: 'listId', type: 'bytes32' },
            { name: 'expectedVersion', type: 'uint32' },
            { name: 'indices', type: 'bytes' },
            { name: 'value', type: 'bool' },
          ],
          message: op,
          send: (...signed) => registry.write.setStatusSigned([op, ...signed], sent()),
          sendTampered: (...signed) =>
            registry.write.setStatusSigned([{ ...op, indices: packed(1, 501) }, ...signed], sent()),
          done: () => registry.read.statusOf([revocation, 500n]),
          replayError: 'UnexpectedVersion',
        }
      },
    )
  })
})

import {
  bytesToHex,
  encodeAbiParameters,
  encodeFunctionData,
  getContract,
  hexToBytes,
  keccak256,
  parseAbiParameters,
} from 'viem'
import { credentialDefinitionRegistryAbi as abi } from './abi.ts'
import type { ChainClient } from './client.ts'
import type { Address, DefinitionLedger, DefinitionName, Hex } from './ledger.ts'
import { answer } from './ledger-error.ts'
import type { Relayer } from './relayer.ts'
import { readContent } from './resource-content.ts'

interface DefinitionRegistryDeps {
  client: ChainClient
  relayer: Relayer
  address: Address
}

// ICredentialDefinitionRegistry.DefinitionKind
const kinds = ['claim-def', 'rev-reg-def'] as const

const keyParameters = parseAbiParameters('uint8 kind, address issuer, bytes32 parentKey, string tag')

/** Key of a definition: keccak256(abi.encode(kind, issuer, parentKey, tag)), as CredentialDefinitionRegistry.keyOf. */
function definitionKey({ kind, issuer, parentKey, tag }: DefinitionName): Hex {
  return keccak256(encodeAbiParameters(keyParameters, [kinds.indexOf(kind), issuer, parentKey, tag]))
}

/** CredentialDefinitionRegistry at one address. */
export function createDefinitionLedger({
  client,
  relayer,
  address,
}: DefinitionRegistryDeps): DefinitionLedger {
  const { read } = getContract({ abi, address, client })

  async function headOf(key: Hex) {
    const head = await answer(read.head([key]))
    return head.blockNumber === 0 ? undefined : head
  }

  return {
    keyOf: definitionKey,
    registerBatch: (inputs, options) => {
      const registrations = inputs.map(({ kind, issuer, parentKey, tag, content }) => ({
        kind: kinds.indexOf(kind),
        issuer,
        parentKey,
        tag,
        content: bytesToHex(content),
      }))
      const data = encodeFunctionData({ abi, functionName: 'registerBatch', args: [registrations] })
      return relayer.send({ to: address, data, abi, purpose: 'definition' }, options)
    },
    deactivate: (key, options) => {
      const data = encodeFunctionData({ abi, functionName: 'deactivate', args: [key] })
      return relayer.send({ to: address, data, abi, purpose: 'definition' }, options)
    },
    state: async (name) => {
      const head = await headOf(definitionKey(name))
      return head && { active: head.active }
    },
    get: async (name) => {
      const key = definitionKey(name)
      const head = await headOf(key)
      if (!head) return undefined
      const block = BigInt(head.blockNumber)
      const eventName = 'DefinitionRegistered'
      const range = { fromBlock: block, toBlock: block }
      const logs = client.getContractEvents({
        abi,
        address,
        eventName,
        args: { key },
        ...range,
        strict: true,
      })
      const content = readContent(key, head.digest, (await answer(logs))[0]?.args.content)
      return {
        ...name,
        key,
        content: hexToBytes(content),
        digest: head.digest,
        active: head.active,
        blockNumber: head.blockNumber,
        time: new Date(head.timestamp * 1000).toISOString(),
      }
    },
  }
}

import {
  bytesToHex,
  encodeAbiParameters,
  encodeFunctionData,
  getContract,
  hexToBytes,
  keccak256,
  parseAbiParameters,
  sha256,
} from 'viem'
import { schemaRegistryAbi as abi } from './abi.ts'
import type { ChainClient } from './client.ts'
import type { Address, Hex, SchemaLedger, SchemaName } from './ledger.ts'
import { answer } from './ledger-error.ts'
import type { Relayer } from './relayer.ts'
import { readContent } from './resource-content.ts'

interface SchemaRegistryDeps {
  client: ChainClient
  relayer: Relayer
  address: Address
}

type Registration = SchemaName & { content: Uint8Array; restricted: boolean }

// ISchemaRegistry.SchemaKind
const kinds = ['json-schema', 'anoncreds'] as const

const keyParameters = parseAbiParameters('uint8 kind, address issuer, string name, string version')

/** Key of a schema: keccak256(abi.encode(kind, issuer, name, version)), as SchemaRegistry.keyOf. */
export function schemaKey({ kind, issuer, name, version }: SchemaName): Hex {
  return keccak256(encodeAbiParameters(keyParameters, [kinds.indexOf(kind), issuer, name, version]))
}

const encodeRegistration = ({ kind, issuer, name, version, content, restricted }: Registration) => ({
  kind: kinds.indexOf(kind),
  issuer,
  name,
  version,
  content: bytesToHex(content),
  restricted,
})

/** SchemaRegistry at one address. */
export function createSchemaLedger({ client, relayer, address }: SchemaRegistryDeps): SchemaLedger {
  const { read } = getContract({ abi, address, client })

  async function headOf(key: Hex) {
    const head = await answer(read.head([key]))
    return head.blockNumber === 0 ? undefined : head
  }

  return {
    keyOf: schemaKey,
    register: async (input, options) => {
      const data = encodeFunctionData({ abi, functionName: 'register', args: [encodeRegistration(input)] })
      const receipt = await relayer.send({ to: address, data, abi, purpose: 'schema' }, options)
      return { ...receipt, key: schemaKey(input), digest: sha256(input.content) }
    },
    registerBatch: (inputs, options) => {
      const args = [inputs.map(encodeRegistration)] as const
      const data = encodeFunctionData({ abi, functionName: 'registerBatch', args })
      return relayer.send({ to: address, data, abi, purpose: 'schema' }, options)
    },
    deactivate: (key, options) => {
      const data = encodeFunctionData({ abi, functionName: 'deactivate', args: [key] })
      return relayer.send({ to: address, data, abi, purpose: 'schema' }, options)
    },
    setAllowed: ({ key, issuers, allowed }, options) => {
      const data = encodeFunctionData({ abi, functionName: 'setAllowed', args: [key, issuers, allowed] })
      return relayer.send({ to: address, data, abi, purpose: 'schema' }, options)
    },
    state: async (name) => {
      const head = await headOf(schemaKey(name))
      return head && { active: head.active, restricted: head.restricted }
    },
    isAllowed: (key, issuer) => answer(read.isAllowed([key, issuer])),
    get: async (name) => {
      const key = schemaKey(name)
      const head = await headOf(key)
      if (!head) return undefined
      const block = BigInt(head.blockNumber)
      const logs = client.getContractEvents({
        abi,
        address,
        eventName: 'SchemaRegistered',
        args: { key },
        fromBlock: block,
        toBlock: block,
        strict: true,
      })
      const content = readContent(key, head.digest, (await answer(logs))[0]?.args.content)
      return {
        ...name,
        key,
        content: hexToBytes(content),
        digest: head.digest,
        active: head.active,
        restricted: head.restricted,
        blockNumber: head.blockNumber,
        time: new Date(head.timestamp * 1000).toISOString(),
      }
    },
  }
}

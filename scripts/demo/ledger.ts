import canonicalize from 'canonicalize'
import { Resolver } from 'did-resolver'
import { getResolver } from 'ethr-did-resolver'
import {
  concat,
  createPublicClient,
  encodeAbiParameters,
  type Hex,
  http,
  keccak256,
  parseAbi,
  parseEventLogs,
  sha256,
  stringToBytes,
} from 'viem'

// What a holder or verifier can do without the node: viem and the npm resolver alone, nothing of node/.

const abi = parseAbi([
  'event EntriesRegistered(bytes32 indexed listId, uint32 first, uint32 count, bytes32 root)',
  'function listIdOf(address issuer, uint8 purpose, uint32 number) pure returns (bytes32)',
  'function statusOf(bytes32 listId, uint256 index) view returns (bool)',
  'function words(bytes32 listId, uint256 from, uint256 count) view returns (bytes32[])',
])

/** A registration proof as the node gives it and a holder keeps it. */
export interface RegistrationProof {
  proof: Hex[]
  transactionHash: Hex
}

/** Where a status entry stands. */
export interface StatusEntry {
  statusListId: string
  index: number
}

/** The chain as a stranger reads it. */
export function openLedgerOfStranger(network: {
  rpcUrl: string
  chainId: number
  registries: { didRegistry: Hex; statusListRegistry: Hex }
}) {
  const { rpcUrl, chainId, registries } = network
  const client = createPublicClient({ transport: http(rpcUrl) })
  const contract = { abi, address: registries.statusListRegistry } as const

  async function keyOf(statusListId: string): Promise<Hex> {
    const [, issuer, purpose, number] = /(0x[0-9a-f]{40})\/status\/(\w+)\/(\d+)$/.exec(statusListId) ?? []
    const args = [issuer as Hex, purpose === 'suspension' ? 1 : 0, Number(number)] as const
    return client.readContract({ ...contract, functionName: 'listIdOf', args })
  }

  return {
    resolve: (did: string) =>
      new Resolver(getResolver({ rpcUrl, chainId, registry: registries.didRegistry })).resolve(did),

    /** Gas of a mined transaction. */
    gasOf: async (hash: Hex) => Number((await client.getTransactionReceipt({ hash })).gasUsed),

    /** Computes leaf and root from the credential itself; the event on the chain must have that root. */
    checkRegistration: async (
      credential: object,
      entry: StatusEntry,
      { proof, transactionHash }: RegistrationProof,
    ) => {
      const key = await keyOf(entry.statusListId)
      const digest = sha256(stringToBytes(canonicalize(credential) as string))
      const types = [{ type: 'bytes32' }, { type: 'uint256' }, { type: 'bytes32' }] as const
      const leaf = keccak256(keccak256(encodeAbiParameters(types, [key, BigInt(entry.index), digest])))
      const root = proof.reduce((a, b) => keccak256(concat(a < b ? [a, b] : [b, a])), leaf)
      const { logs } = await client.getTransactionReceipt({ hash: transactionHash })
      const ofRegistry = logs.filter(({ address }) => address === contract.address.toLowerCase())
      const events = parseEventLogs({ abi, logs: ofRegistry, eventName: 'EntriesRegistered' })
      return { leaf, root, registered: events.some(({ args }) => args.listId === key && args.root === root) }
    },

    /** The status by the contract's own answer, and by the bit in the words, which are the W3C bitstring. */
    status: async ({ statusListId, index }: StatusEntry) => {
      const key = await keyOf(statusListId)
      const args = [key, BigInt(index)] as const
      const statusOf = await client.readContract({ ...contract, functionName: 'statusOf', args })
      const page = [key, BigInt(index >> 8), 1n] as const
      const [word = '0x0'] = await client.readContract({ ...contract, functionName: 'words', args: page })
      return { statusOf, word, bit: ((BigInt(word) >> BigInt(255 - (index & 255))) & 1n) === 1n }
    },
  }
}

export type LedgerOfStranger = ReturnType<typeof openLedgerOfStranger>

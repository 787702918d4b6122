import {
  concat,
  encodeAbiParameters,
  encodeFunctionData,
  getContract,
  hexToBytes,
  keccak256,
  parseAbiParameters,
} from 'viem'
import { IssuerError } from '../errors.ts'
import { statusListRegistryAbi as abi } from './abi.ts'
import type { ChainClient } from './client.ts'
import type { Address, Hex, LedgerStatusList, StatusListLedger, StatusListName, StatusOp } from './ledger.ts'
import { answer } from './ledger-error.ts'
import { registrationRoot } from './registration-root.ts'
import { createRegistrations } from './registrations.ts'
import type { Relayer } from './relayer.ts'
import { packIndices, splitIntoTransactions, transactionGas } from './status-transactions.ts'
import { readFreshWords, readWords } from './status-words.ts'

interface StatusListRegistryDeps {
  client: ChainClient
  relayer: Relayer
  address: Address
}

// IStatusListRegistry.Purpose
const purposes = ['revocation', 'suspension'] as const
const bitsPerWord = 256
// What is not used is not paid: a limit above what was planned costs nothing.
const laterGas = BigInt(1.5 * transactionGas)

const keyParameters = parseAbiParameters('address issuer, uint8 purpose, uint32 number')

/** Key of a list: keccak256(abi.encode(issuer, purpose, number)), as StatusListRegistry.listIdOf. */
export function statusListKey({ issuer, purpose, number }: StatusListName): Hex {
  return keccak256(encodeAbiParameters(keyParameters, [issuer, purposes.indexOf(purpose), number]))
}

const encodeStatusOp = ({ key, expectedVersion, indices, value }: StatusOp) => ({
  listId: key,
  expectedVersion,
  indices: packIndices(indices),
  value,
})

/** Transactions below the gas limit; what the words hold is read only where it makes a difference. */
async function planTransactions(
  source: Pick<StatusListRegistryDeps, 'client' | 'address'>,
  ops: readonly StatusOp[],
): Promise<StatusOp[][]> {
  const asked = ops.filter(({ indices }) => indices.length > 0)
  const cautious = splitIntoTransactions(asked, () => true)
  return cautious.length <= 1 ? cautious : splitIntoTransactions(asked, await readFreshWords(source, asked))
}

/** StatusListRegistry at one address. */
export function createStatusListLedger({
  client,
  relayer,
  address,
}: StatusListRegistryDeps): StatusListLedger {
  const { read } = getContract({ abi, address, client })
  const send = (purpose: 'list' | 'registration', data: Hex, options: Parameters<Relayer['send']>[1]) =>
    relayer.send({ to: address, data, abi, purpose }, options)

  const setStatus: StatusListLedger['setStatus'] = (parts, options) =>
    relayer.sendAll(
      parts.map((part) => {
        const args = [part.map(encodeStatusOp)] as const
        const data = encodeFunctionData({ abi, functionName: 'setStatusBatch', args })
        return { to: address, data, abi, purpose: 'status', gas: laterGas }
      }),
      options,
    )

  async function get(key: Hex, blockNumber?: bigint): Promise<LedgerStatusList | undefined> {
    const list = await answer(read.list([key], blockNumber === undefined ? {} : { blockNumber }))
    if (list.createdBlock === 0) return undefined
    return {
      key,
      issuer: list.issuer.toLowerCase() as Address,
      purpose: purposes[list.purpose] as LedgerStatusList['purpose'],
      number: list.number,
      capacity: list.capacity,
      registered: list.registered,
      version: list.version,
    }
  }

  return {
    ...createRegistrations({ client, relayer, address }),
    keyOf: statusListKey,
    rootOf: registrationRoot,
    createLists: (inputs, options) => {
      const creations = inputs.map(({ issuer, purpose, number, capacity, url }) => ({
        issuer,
        purpose: purposes.indexOf(purpose),
        number,
        capacity,
        url,
      }))
      const data = encodeFunctionData({ abi, functionName: 'createLists', args: [creations] })
      return send('list', data, options)
    },
    registerBatch: ([op, ...more], options) => {
      if (!op) throw new RangeError('registerBatch needs at least one registration')
      const { key, expectedRegistered, count, root } = op
      if (more.length === 0) {
        const args = [key, expectedRegistered, count, root] as const
        return send(
          'registration',
          encodeFunctionData({ abi, functionName: 'registerEntries', args }),
          options,
        )
      }
      const ops = [op, ...more].map(({ key: listId, ...rest }) => ({ listId, ...rest }))
      return send(
        'registration',
        encodeFunctionData({ abi, functionName: 'registerBatch', args: [ops] }),
        options,
      )
    },
    planStatus: (ops) => planTransactions({ client, address }, ops),
    setStatus,
    setStatusBatch: async (ops, options) => {
      const parts = await planTransactions({ client, address }, ops)
      return parts.length > 0 ? setStatus(parts, options) : []
    },
    get: (key) => get(key),
    statusOf: (key, index, blockNumber) => {
      const at = blockNumber === undefined ? {} : { blockNumber: BigInt(blockNumber) }
      return answer(read.statusOf([key, BigInt(index)], at))
    },
    bitstring: async (key) => {
      const blockNumber = await answer(client.getBlockNumber())
      const list = await get(key, blockNumber)
      if (!list) throw new IssuerError('STATUS_LIST_NOT_FOUND', { facts: { key } })
      const range = { key, from: 0, to: list.capacity / bitsPerWord, blockNumber }
      const words = await readWords({ client, address }, range)
      return {
        bits: hexToBytes(concat(words)),
        version: list.version,
        blockNumber: Number(blockNumber),
      }
    },
  }
}

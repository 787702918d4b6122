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
import { createRegistrations } from './registrations.ts'
import type { Relayer } from './relayer.ts'
import { packIndices, splitIntoTransactions } from './status-transactions.ts'

interface StatusListRegistryDeps {
  client: ChainClient
  relayer: Relayer
  address: Address
}

// IStatusListRegistry.Purpose
const purposes = ['revocation', 'suspension'] as const
const bitsPerWord = 256
// About 9.4 million gas and 131 KB for one eth_call, far below what nodes allow.
const wordsPerPage = 4096

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

/** StatusListRegistry at one address. */
export function createStatusListLedger({
  client,
  relayer,
  address,
}: StatusListRegistryDeps): StatusListLedger {
  const { read } = getContract({ abi, address, client })
  const send = (data: Hex, options: Parameters<Relayer['send']>[1]) =>
    relayer.send({ to: address, data, abi }, options)

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

  /** Words `from` to `to`, the latter excluded, as they were at one block. */
  async function readWords(key: Hex, from: number, to: number, blockNumber: bigint): Promise<readonly Hex[]> {
    const starts = Array.from(
      { length: Math.ceil((to - from) / wordsPerPage) },
      (_, i) => from + i * wordsPerPage,
    )
    const pages = await answer(
      Promise.all(
        starts.map((start) =>
          read.words([key, BigInt(start), BigInt(Math.min(wordsPerPage, to - start))], { blockNumber }),
        ),
      ),
    )
    return pages.flat()
  }

  /** The words of these changes that were never written; reads the ranges that they span. */
  async function freshWords(ops: readonly StatusOp[]): Promise<Set<string>> {
    const blockNumber = await answer(client.getBlockNumber())
    const fresh = new Set<string>()
    for (const { key, indices } of ops) {
      const from = (indices[0] as number) >>> 8
      const words = await readWords(key, from, ((indices.at(-1) as number) >>> 8) + 1, blockNumber)
      for (const [i, word] of words.entries()) if (BigInt(word) === 0n) fresh.add(`${key}/${from + i}`)
    }
    return fresh
  }

  async function planTransactions(ops: readonly StatusOp[]): Promise<StatusOp[][]> {
    const asked = ops.filter(({ indices }) => indices.length > 0)
    const cautious = splitIntoTransactions(asked, () => true)
    if (cautious.length <= 1) return cautious
    const fresh = await freshWords(asked)
    return splitIntoTransactions(asked, (key, word) => fresh.has(`${key}/${word}`))
  }

  return {
    ...createRegistrations({ client, relayer, address }),
    keyOf: statusListKey,
    createLists: (inputs, options) => {
      const creations = inputs.map(({ issuer, purpose, number, capacity, url }) => ({
        issuer,
        purpose: purposes.indexOf(purpose),
        number,
        capacity,
        url,
      }))
      return send(encodeFunctionData({ abi, functionName: 'createLists', args: [creations] }), options)
    },
    registerBatch: ([op, ...more], options) => {
      if (!op) throw new RangeError('registerBatch needs at least one registration')
      const { key, expectedRegistered, count, root } = op
      if (more.length === 0) {
        const args = [key, expectedRegistered, count, root] as const
        return send(encodeFunctionData({ abi, functionName: 'registerEntries', args }), options)
      }
      const ops = [op, ...more].map(({ key: listId, ...rest }) => ({ listId, ...rest }))
      return send(encodeFunctionData({ abi, functionName: 'registerBatch', args: [ops] }), options)
    },
    setStatusBatch: async (ops, options) => {
      const receipts = []
      // One after the other: each part expects the version that the part before leaves.
      for (const part of await planTransactions(ops)) {
        const args = [part.map(encodeStatusOp)] as const
        receipts.push(await send(encodeFunctionData({ abi, functionName: 'setStatusBatch', args }), options))
      }
      return receipts
    },
    get,
    statusOf: (key, index) => answer(read.statusOf([key, BigInt(index)])),
    bitstring: async (key) => {
      const blockNumber = await answer(client.getBlockNumber())
      const list = await get(key, blockNumber)
      if (!list) throw new IssuerError('STATUS_LIST_NOT_FOUND', { facts: { key } })
      const words = await readWords(key, 0, list.capacity / bitsPerWord, blockNumber)
      return {
        bits: hexToBytes(concat(words)),
        version: list.version,
        blockNumber: Number(blockNumber),
      }
    },
  }
}

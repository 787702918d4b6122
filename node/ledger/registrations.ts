import { getContract, parseEventLogs } from 'viem'
import { statusListRegistryAbi as abi } from './abi.ts'
import type { ChainClient } from './client.ts'
import type { Address, Hex, LedgerRegistration, StatusListLedger } from './ledger.ts'
import { answer, isUnreachable, ledgerError } from './ledger-error.ts'
import type { Relayer } from './relayer.ts'

interface RegistrationsDeps {
  client: ChainClient
  relayer: Relayer
  address: Address
}

interface EntriesRegistered {
  args: { listId: Hex; first: number; count: number; root: Hex }
  transactionHash: Hex
  blockNumber: bigint
}

const holds = (position: number) => (log: EntriesRegistered) =>
  log.args.first <= position && position < log.args.first + log.args.count

// Endpoints limit the range of one eth_getLogs, each by its own measure: it is halved until they accept it.
const widestRange = 10_000n

/** Where registrations stand on the chain: the two questions of StatusListLedger about them. */
export function createRegistrations({
  client,
  relayer,
  address,
}: RegistrationsDeps): Pick<StatusListLedger, 'registration' | 'registrationInTransaction'> {
  const { read } = getContract({ abi, address, client })

  const eventsOf = (key: Hex, fromBlock: bigint, toBlock: bigint) =>
    client.getContractEvents({
      abi,
      address,
      eventName: 'EntriesRegistered',
      args: { listId: key },
      fromBlock,
      toBlock,
      strict: true,
    })

  /** The block in which the counter passed the position, from the counter at earlier blocks. */
  async function blockByState(key: Hex, position: number, created: bigint, head: bigint): Promise<bigint> {
    let low = created
    let high = head
    while (low < high) {
      const middle = (low + high) / 2n
      const { registered } = await read.list([key], { blockNumber: middle })
      if (registered > position) high = middle
      else low = middle + 1n
    }
    return low
  }

  /** The same event, from the events alone: for a node that keeps no state of earlier blocks. */
  async function searchEvents(key: Hex, position: number, created: bigint, head: bigint) {
    let width = widestRange
    for (let from = created; from <= head; ) {
      const to = from + width - 1n < head ? from + width - 1n : head
      const logs = await eventsOf(key, from, to).catch((error) => {
        if (isUnreachable(error) || width === 1n) throw ledgerError(error)
        return undefined
      })
      const found = logs?.find(holds(position))
      if (found) return found
      if (logs) from = to + 1n
      else width /= 2n
    }
    return undefined
  }

  async function search(key: Hex, position: number, created: bigint, head: bigint) {
    try {
      const block = await blockByState(key, position, created, head)
      const found = (await eventsOf(key, block, block)).find(holds(position))
      if (found) return found
    } catch (error) {
      if (isUnreachable(error)) throw ledgerError(error)
    }
    return searchEvents(key, position, created, head)
  }

  async function describe({
    args,
    transactionHash,
    blockNumber,
  }: EntriesRegistered): Promise<LedgerRegistration> {
    const { timestamp } = await answer(client.getBlock({ blockNumber }))
    return {
      first: args.first,
      count: args.count,
      root: args.root,
      transactionHash,
      blockNumber: Number(blockNumber),
      time: new Date(Number(timestamp) * 1000).toISOString(),
    }
  }

  return {
    registration: async (key, position) => {
      const [list, head] = await answer(Promise.all([read.list([key]), client.getBlockNumber()]))
      if (position < 0 || position >= list.registered) return undefined
      const found = await search(key, position, BigInt(list.createdBlock), head)
      return found && describe(found)
    },
    registrationInTransaction: async (key, transactionHash) => {
      const logs = (await relayer.logs(transactionHash)).filter(
        (log) => log.address.toLowerCase() === address,
      )
      const events = parseEventLogs({ abi, logs: [...logs], eventName: 'EntriesRegistered' })
      return Promise.all(events.filter(({ args }) => args.listId === key).map(describe))
    },
  }
}

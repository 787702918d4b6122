import { getContract } from 'viem'
import { statusListRegistryAbi as abi } from './abi.ts'
import type { ChainClient } from './client.ts'
import type { Address, Hex } from './ledger.ts'
import { answer, isUnreachable, ledgerError } from './ledger-error.ts'

/** The event of a registration. */
export interface EntriesRegistered {
  args: { listId: Hex; first: number; count: number; root: Hex }
  transactionHash: Hex
  blockNumber: bigint
}

interface Search {
  client: ChainClient
  address: Address
  key: Hex
  position: number
}

interface BlockRange {
  first: bigint
  last: bigint
}

const holds = (position: number) => (log: EntriesRegistered) =>
  log.args.first <= position && position < log.args.first + log.args.count

// Endpoints limit the range of one eth_getLogs, each by its own measure: it is halved until they accept it.
const widestRange = 10_000n

const eventsIn = ({ client, address, key }: Search, { first, last }: BlockRange) =>
  client.getContractEvents({
    abi,
    address,
    eventName: 'EntriesRegistered',
    args: { listId: key },
    fromBlock: first,
    toBlock: last,
    strict: true,
  })

/** The block in which the counter passed the position, from the counter at earlier blocks. */
async function blockByState(search: Search, { first, last }: BlockRange): Promise<bigint> {
  const { client, address, key, position } = search
  const { read } = getContract({ abi, address, client })
  let low = first
  let high = last
  while (low < high) {
    const middle = (low + high) / 2n
    const { registered } = await read.list([key], { blockNumber: middle })
    if (registered > position) high = middle
    else low = middle + 1n
  }
  return low
}

/** The event, from the events alone: for a node that keeps no state of earlier blocks. */
async function searchEvents(
  search: Search,
  { first, last }: BlockRange,
): Promise<EntriesRegistered | undefined> {
  let width = widestRange
  for (let from = first; from <= last; ) {
    const to = from + width - 1n < last ? from + width - 1n : last
    const logs = await eventsIn(search, { first: from, last: to }).catch((error) => {
      if (isUnreachable(error) || width === 1n) throw ledgerError(error)
      return undefined
    })
    const found = logs?.find(holds(search.position))
    if (found) return found
    if (logs) from = to + 1n
    else width /= 2n
  }
  return undefined
}

/**
 * The event of the registration that holds an entry. Where the endpoint knows earlier states, it takes one question
 * for each halving of the blocks since the list was opened, whatever the number of registrations.
 * @throws CHAIN_UNREACHABLE
 */
export async function findRegistration(search: Search): Promise<EntriesRegistered | undefined> {
  const { client, address, key, position } = search
  const { read } = getContract({ abi, address, client })
  const [list, last] = await answer(Promise.all([read.list([key]), client.getBlockNumber()]))
  if (position < 0 || position >= list.registered) return undefined
  const range = { first: BigInt(list.createdBlock), last }
  try {
    const block = await blockByState(search, range)
    const found = (await eventsIn(search, { first: block, last: block })).find(holds(position))
    if (found) return found
  } catch (error) {
    if (isUnreachable(error)) throw ledgerError(error)
  }
  return searchEvents(search, range)
}

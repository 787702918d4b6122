import { statusListRegistryAbi as abi } from './abi.ts'
import { type ChainClient, createChainClient } from './client.ts'
import type { Address, Hex } from './ledger.ts'
import { answer, isUnreachable, ledgerError } from './ledger-error.ts'

/** A registration in whatever list, and who sent it. */
interface SentRegistration {
  listKey: Hex
  root: Hex
  transactionHash: Hex
  blockNumber: number
  sender: Address
}

interface Where {
  rpcUrl: string
  /** Of the StatusListRegistry. */
  address: Address
  fromBlock: number
}

// Endpoints limit the range of one eth_getLogs, each by its own measure: it is halved until they accept it.
const widestRange = 10_000n
const transactionsAtOnce = 100

/** Every registration from a block to the newest one, in order. @throws CHAIN_UNREACHABLE */
export async function registrationLog({ rpcUrl, address, fromBlock }: Where): Promise<SentRegistration[]> {
  const client = createChainClient({ rpcUrl, pollingInterval: 1_000, requestTimeout: 10_000 })
  const last = await answer(client.getBlockNumber())
  const found: Omit<SentRegistration, 'sender'>[] = []
  let width = widestRange
  for (let from = BigInt(fromBlock); from <= last; ) {
    const to = from + width - 1n < last ? from + width - 1n : last
    const logs = await client
      .getContractEvents({
        abi,
        address,
        eventName: 'EntriesRegistered',
        fromBlock: from,
        toBlock: to,
        strict: true,
      })
      .catch((error) => {
        if (isUnreachable(error) || width === 1n) throw ledgerError(error)
        return undefined
      })
    for (const { args, transactionHash, blockNumber } of logs ?? [])
      found.push({ listKey: args.listId, root: args.root, transactionHash, blockNumber: Number(blockNumber) })
    if (logs) from = to + 1n
    else width /= 2n
  }
  const senders = await sendersOf(client, [...new Set(found.map(({ transactionHash }) => transactionHash))])
  return found.map((each) => ({ ...each, sender: senders.get(each.transactionHash) as Address }))
}

async function sendersOf(client: ChainClient, hashes: readonly Hex[]): Promise<Map<Hex, Address>> {
  const senders = new Map<Hex, Address>()
  for (let from = 0; from < hashes.length; from += transactionsAtOnce) {
    const asked = hashes.slice(from, from + transactionsAtOnce)
    const transactions = await answer(Promise.all(asked.map((hash) => client.getTransaction({ hash }))))
    for (const { hash, from: sender } of transactions) senders.set(hash, sender.toLowerCase() as Address)
  }
  return senders
}

import { parseEventLogs } from 'viem'
import { statusListRegistryAbi as abi } from './abi.ts'
import type { ChainClient } from './client.ts'
import type { Address, LedgerRegistration, StatusListLedger } from './ledger.ts'
import { answer } from './ledger-error.ts'
import { type EntriesRegistered, findRegistration } from './registration-search.ts'
import type { Relayer } from './relayer.ts'

interface RegistrationsDeps {
  client: ChainClient
  relayer: Relayer
  address: Address
}

/** Where registrations stand on the chain: the two questions of StatusListLedger about them. */
export function createRegistrations({
  client,
  relayer,
  address,
}: RegistrationsDeps): Pick<StatusListLedger, 'registration' | 'registrationInTransaction'> {
  async function describe(event: EntriesRegistered): Promise<LedgerRegistration> {
    const { args, transactionHash, blockNumber } = event
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
      const found = await findRegistration({ client, address, key, position })
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

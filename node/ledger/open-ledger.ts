import { parseAbi } from 'viem'
import { IssuerError } from '../errors.ts'
import type { DigestSigner } from '../keys/key-store.ts'
import { type ChainClient, createChainClient } from './client.ts'
import { createDefinitionLedger } from './credential-definition-registry.ts'
import { createDidLedger } from './did-registry.ts'
import { ethrDid, ethrIdentity } from './ethr-did.ts'
import type { Address, Ledger, RegistryAddresses } from './ledger.ts'
import { answer, isUnreachable } from './ledger-error.ts'
import { createReadOnlyRelayer } from './read-only-relayer.ts'
import { createRelayer, type RelayerSettings } from './relayer.ts'
import { createSchemaLedger } from './schema-registry.ts'
import { createStatusListLedger } from './status-list-registry.ts'
import { watchRegistries } from './watch.ts'

export interface LedgerOptions extends Partial<RelayerSettings> {
  /** JSON-RPC over HTTP or HTTPS. */
  rpcUrl: string
  registries: RegistryAddresses
  /** The secp256k1 key of the account that pays; a ledger without one is only read, and refuses to write. */
  relayer?: DigestSigner
  /** The chain that it must be; any when left out. */
  chainId?: number
  /** Milliseconds between two looks at the chain while waiting for something; 1,000 when left out. */
  pollingInterval?: number
  /** Milliseconds that one request to the chain may take; 10,000 when left out. */
  requestTimeout?: number
  /**
   * Milliseconds after which a transaction that is not mined is given up for now; 45,000 when left out, less than
   * HTTP clients and proxies are used to wait.
   */
  receiptTimeout?: number
}

const lowerCase = (registries: RegistryAddresses): RegistryAddresses => ({
  didRegistry: registries.didRegistry.toLowerCase() as Address,
  schemaRegistry: registries.schemaRegistry.toLowerCase() as Address,
  credentialDefinitionRegistry: registries.credentialDefinitionRegistry.toLowerCase() as Address,
  statusListRegistry: registries.statusListRegistry.toLowerCase() as Address,
})

const abi = parseAbi(['function didRegistry() view returns (address)'])

const mismatch = (detail: string, facts: Record<string, string | number>) =>
  new IssuerError('CHAIN_MISMATCH', { detail, facts })

/** @throws CHAIN_MISMATCH when there is no contract at an address, or the registries do not belong together */
async function checkRegistries(client: ChainClient, registries: RegistryAddresses): Promise<void> {
  const addresses = Object.entries(registries) as [keyof RegistryAddresses, Address][]
  const codes = await answer(Promise.all(addresses.map(([, address]) => client.getCode({ address }))))
  for (const [i, [registry, address]] of addresses.entries()) {
    if (!codes[i]) throw mismatch(`No ${registry} stands at ${address}.`, { registry, address })
  }
  const askers = addresses.filter(([registry]) => registry !== 'didRegistry')
  const asked = await Promise.all(askers.map((asker) => didRegistryOf(client, asker)))
  for (const [i, [registry, address]] of askers.entries()) {
    const didRegistry = asked[i] as string
    if (didRegistry.toLowerCase() === registries.didRegistry) continue
    const detail = `The ${registry} at ${address} asks the DidRegistry at ${didRegistry}, not the configured one.`
    throw mismatch(detail, { registry, address, didRegistry })
  }
}

async function didRegistryOf(
  client: ChainClient,
  [registry, address]: [keyof RegistryAddresses, Address],
): Promise<string> {
  try {
    return await answer(client.readContract({ abi, address, functionName: 'didRegistry' }))
  } catch (error) {
    if (isUnreachable(error)) throw error
    throw mismatch(`The contract at ${address} is no ${registry}.`, { registry, address })
  }
}

/**
 * Opens the registries of a chain. @throws CHAIN_UNREACHABLE, and CHAIN_MISMATCH when it is another chain or the
 * registries do not stand there
 */
export async function openLedger(options: LedgerOptions): Promise<Ledger> {
  const { rpcUrl, pollingInterval = 1_000, requestTimeout = 10_000, receiptTimeout = 45_000 } = options
  const registries = lowerCase(options.registries)
  const client = createChainClient({ rpcUrl, pollingInterval, requestTimeout })
  const chainId = await answer(client.getChainId())
  if (options.chainId !== undefined && options.chainId !== chainId) {
    throw mismatch('The endpoint leads to another chain.', { expected: options.chainId, actual: chainId })
  }
  await checkRegistries(client, registries)

  const relayer = options.relayer
    ? createRelayer({ ...options, client, chainId, signer: options.relayer, receiptTimeout })
    : createReadOnlyRelayer(client)
  const watches = new Set<() => void>()
  return {
    chainId,
    registries,
    relayer: relayer.address,
    dids: createDidLedger({ client, relayer, address: registries.didRegistry, chainId }),
    schemas: createSchemaLedger({ client, relayer, address: registries.schemaRegistry }),
    definitions: createDefinitionLedger({
      client,
      relayer,
      address: registries.credentialDefinitionRegistry,
    }),
    statusLists: createStatusListLedger({ client, relayer, address: registries.statusListRegistry }),
    didOf: (identity) => ethrDid(chainId, identity),
    identityOf: (did) => ethrIdentity(chainId, did),
    head: async () => {
      const [head, genesis] = await answer(
        Promise.all([client.getBlock({ blockTag: 'latest' }), client.getBlock({ blockNumber: 0n })]),
      )
      return {
        blockNumber: Number(head.number),
        time: new Date(Number(head.timestamp) * 1000).toISOString(),
        genesisHash: genesis.hash,
      }
    },
    blockHash: async (blockNumber) => {
      const head = await answer(client.getBlockNumber())
      if (BigInt(blockNumber) > head) return undefined
      return (await answer(client.getBlock({ blockNumber: BigInt(blockNumber) }))).hash
    },
    relayerBalance: relayer.balance,
    resume: relayer.resume,
    outcome: relayer.outcome,
    receipt: relayer.receipt,
    tend: relayer.tend,
    isUnsettled: relayer.isUnsettled,
    watch: (onChange) => {
      const stop = watchRegistries({ client, registries }, onChange)
      watches.add(stop)
      return () => {
        watches.delete(stop)
        stop()
      }
    },
    close: async () => {
      for (const stop of watches) stop()
      relayer.close()
    },
  }
}

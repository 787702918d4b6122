import type { Config } from '../config.ts'
import { ConfigError } from '../config.ts'
import { IssuerError } from '../errors.ts'
import type { Ledger, RegistryAddresses } from '../ledger/ledger.ts'
import type { NodeMetaStore } from '../stores/node-meta.ts'

interface IdentityDeps {
  meta: NodeMetaStore
  ledger: Pick<Ledger, 'chainId' | 'registries' | 'head' | 'blockHash'>
}

/** A chain as it can be told from another one; recorded as JSON. */
interface ChainIdentity {
  chainId: number
  genesisHash: string
  registries: RegistryAddresses
  /** A later block: chains for development all begin with the same one. */
  block: { number: number; hash: string | null }
}

/**
 * Refuses a chain that is not the one this database belongs to; a fresh database belongs to this chain from now on.
 *
 * @throws CHAIN_MISMATCH with both chains and the way out
 */
export async function checkChainIdentity(
  { meta, ledger }: IdentityDeps,
  config: Pick<Config, 'chain' | 'dataDir' | 'databaseUrl'>,
): Promise<void> {
  const recorded: ChainIdentity = JSON.parse(
    await meta.settle('chain', async () => JSON.stringify(await identify(ledger))),
  )
  const actual = await identify(ledger, recorded.block.number)
  if (describe(recorded) === describe(actual)) return
  throw new IssuerError('CHAIN_MISMATCH', {
    detail: [
      `The database ${config.databaseUrl ? 'at DATABASE_URL' : `in ${config.dataDir}`} belongs to the chain ${describe(recorded)},`,
      `but ${config.chain ? 'RPC_URL and REGISTRIES lead to the chain' : 'this is the new local chain'} ${describe(actual)}.`,
      wayOut(config),
    ].join(' '),
  })
}

function wayOut({ chain, databaseUrl }: Pick<Config, 'chain' | 'databaseUrl'>): string {
  const other = databaseUrl ? 'DATABASE_URL to an empty database' : 'DATA_DIR to another directory'
  if (chain) return `Set RPC_URL and REGISTRIES to the former, or ${other}.`
  return `A local chain forgets everything when it stops: set ${other}, or RPC_URL and REGISTRIES to a chain that stays.`
}

async function identify(ledger: IdentityDeps['ledger'], blockNumber?: number): Promise<ChainIdentity> {
  const head = await ledger.head()
  // deep enough on a chain with a past that no reorganisation reaches it
  const number = blockNumber ?? Math.floor(head.blockNumber * 0.9)
  return {
    chainId: ledger.chainId,
    genesisHash: head.genesisHash,
    registries: ledger.registries,
    block: { number, hash: (await ledger.blockHash(number)) ?? null },
  }
}

function describe({ chainId, genesisHash, registries, block }: ChainIdentity): string {
  const addresses = Object.entries(registries)
    .map(([name, address]) => `${name} ${address.toLowerCase()}`)
    .sort()
  return `${chainId} (${[`genesis ${genesisHash}`, `block ${block.number} ${block.hash ?? 'missing'}`, ...addresses].join(', ')})`
}

/**
 * Records the public URL, which stands in issued credentials, and refuses a change nobody confirmed.
 *
 * @throws ConfigError
 */
export async function checkPublicUrl(
  meta: NodeMetaStore,
  config: Pick<Config, 'publicUrl' | 'confirmPublicUrlChange'>,
): Promise<void> {
  const recorded = await meta.get('publicUrl')
  if (recorded !== undefined && recorded !== config.publicUrl && !config.confirmPublicUrlChange) {
    throw new ConfigError([
      `PUBLIC_URL is ${config.publicUrl}, but credentials of this node name ${recorded}, where verifiers look for status lists and contexts. Set PUBLIC_URL back, or, when the old address leads here too, CONFIRM_PUBLIC_URL_CHANGE=true for one start.`,
    ])
  }
  await meta.put('publicUrl', config.publicUrl)
}

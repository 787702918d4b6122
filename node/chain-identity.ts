import type { Config } from './config.ts'
import { ConfigError } from './config.ts'
import { IssuerError } from './errors.ts'
import type { Ledger } from './ledger/ledger.ts'
import type { NodeMetaStore } from './stores/node-meta.ts'

interface IdentityDeps {
  meta: NodeMetaStore
  ledger: Pick<Ledger, 'chainId' | 'registries' | 'head'>
}

/**
 * Refuses a chain that is not the one this database belongs to; a fresh database belongs to this chain from now on.
 *
 * @throws CHAIN_MISMATCH with both chains and the way out
 */
export async function checkChainIdentity({ meta, ledger }: IdentityDeps, dataDir: string): Promise<void> {
  const actual = await describeChain(ledger)
  const recorded = await meta.get('chain')
  if (recorded === undefined) return meta.put('chain', actual)
  if (recorded === actual) return
  throw new IssuerError('CHAIN_MISMATCH', {
    detail: [
      `The database in ${dataDir} belongs to the chain ${recorded}, but RPC_URL and REGISTRIES lead to the chain ${actual}.`,
      'Set RPC_URL and REGISTRIES to that chain, or DATA_DIR to another directory.',
    ].join(' '),
  })
}

async function describeChain(ledger: IdentityDeps['ledger']): Promise<string> {
  const { genesisHash } = await ledger.head()
  const registries = Object.entries(ledger.registries).sort(([a], [b]) => (a < b ? -1 : 1))
  return [
    `${ledger.chainId} (genesis ${genesisHash}`,
    ...registries.map(([name, address]) => `${name} ${address.toLowerCase()}`),
  ]
    .join(', ')
    .concat(')')
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

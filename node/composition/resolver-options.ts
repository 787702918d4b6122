import type { Config } from '../config.ts'
import { didWebDocument } from '../did/did-web-document.ts'
import type { DidResolverOptions } from '../did/resolver.ts'
import type { KeyStore } from '../keys/key-store.ts'
import type { Logger } from '../logger.ts'
import type { DidStore } from '../stores/dids.ts'
import type { ChainLocation } from './foundation.ts'

interface Input {
  config: Config
  chain: ChainLocation
  logger: Logger
  keys: KeyStore
  dids: DidStore
  chainId: number
}

/** What a node resolves: DIDs of its chain, those that need no look-up, and the did:web that it serves itself. */
export function resolverOptions({ config, chain, logger, chainId, ...own }: Input): DidResolverOptions {
  return {
    chainId,
    rpcUrl: chain.rpcUrl,
    didRegistry: chain.registries.didRegistry,
    onFailure: (reason) => logger.warn({ reason }, 'a DID could not be read from the chain'),
    ownWeb: (did) => servedDidWeb(own, did),
    ...(config.didWeb && { web: {} }),
  }
}

/** The document of a did:web whose keys this node holds. */
async function servedDidWeb({ dids, keys }: Pick<Input, 'dids' | 'keys'>, did: string) {
  const stored = await dids.get(did)
  if (stored?.method !== 'web') return undefined
  const refs = [...stored.keys, ...stored.pendingKeys].map(({ keyRef }) => keyRef)
  const signers = await Promise.all(refs.map((ref) => keys.requireSigner(ref)))
  return { document: didWebDocument(did, signers), deactivated: stored.state === 'deactivated' }
}

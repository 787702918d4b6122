import { AsyncLocalStorage } from 'node:async_hooks'
import type { DIDResolutionResult, DIDResolver, ParsedDID, Resolvable } from 'did-resolver'
import { FetchRequest, JsonRpcProvider, Network } from 'ethers'
import { getResolver } from 'ethr-did-resolver'
import { normaliseMultikey } from './normalise-multikey.ts'
import { unresolved } from './resolution-result.ts'

/** The chain and the registry whose did:ethr are resolved. */
export interface EthrOptions {
  chainId: number
  rpcUrl: string
  didRegistry: string
  /** Milliseconds that one request to the chain may take; 10,000 when left out. */
  requestTimeout?: number
  /** Told why the chain could not be read: for the log, without the URL. */
  onFailure?: (reason: string) => void
  /** Most changes of one DID that are read; 2,000 when left out, which take half a second. */
  maximumChanges?: number
}

/** Changes that one resolution may still read; anyone may give a DID a history without end, thousands in one block. */
const budget = new AsyncLocalStorage<{ left: number }>()

/**
 * An attribute becomes base58 in a time that grows with the square of its length: 12 ms for 1,000 bytes, 4.6 s for
 * 32,768. The event of a key has 224 bytes and counts as one change, one of 8,192 bytes as 1,024.
 */
const costOf = (data: string): number => Math.ceil((data.length / 2 / 256) ** 2)

class BoundedProvider extends JsonRpcProvider {
  override async getLogs(...filter: Parameters<JsonRpcProvider['getLogs']>) {
    const logs = await super.getLogs(...filter)
    const changes = budget.getStore()
    if (changes) changes.left -= logs.reduce((sum, { data }) => sum + costOf(data), 0)
    if (changes && changes.left < 0) throw new Error('the history of this DID is too long')
    return logs
  }
}

function createProvider({ rpcUrl, chainId, requestTimeout = 10_000 }: EthrOptions): JsonRpcProvider {
  const request = new FetchRequest(rpcUrl)
  request.timeout = requestTimeout
  request.setThrottleParams({ maxAttempts: 3 })
  const network = Network.from(chainId)
  // The chain is known, so that an endpoint that does not answer is an error at once and not asked for ever; and no
  // answer is kept, since a change must show in the resolution after it.
  return new BoundedProvider(request, network, {
    staticNetwork: network,
    batchStallTime: 0,
    cacheTimeout: -1,
  })
}

/** The newest block whose time is not after `seconds`; undefined when the chain is younger. */
async function blockAt(provider: JsonRpcProvider, seconds: number): Promise<number | undefined> {
  const timeOf = async (block: number) =>
    (await provider.getBlock(block))?.timestamp ?? Number.POSITIVE_INFINITY
  let low = 0
  let high = await provider.getBlockNumber()
  if ((await timeOf(0)) > seconds) return undefined
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if ((await timeOf(middle)) <= seconds) low = middle
    else high = middle - 1
  }
  return low
}

/**
 * Whether the chain could not be read: the library says `notFound` then, though each address is a did:ethr. A block that
 * is missing is an answer only where it was asked for; where the DID changed in it, the endpoint lags behind.
 */
const isFailure = ({ didResolutionMetadata: { error, message } }: DIDResolutionResult, version?: number) =>
  error === 'notFound' && !String(message).startsWith(`Block at height ${version} not found`)

/**
 * Makes a resolver of the did:ethr of one registry: ethr-did-resolver 11 as it is, its documents normalised. Takes
 * `versionId` (a block) and `versionTime` (DID Core, 3.2.1) in the query of a DID URL.
 */
export function createDidEthrResolver(options: EthrOptions): DIDResolver {
  const { chainId, didRegistry: registry, maximumChanges = 2_000 } = options
  const provider = createProvider(options)
  const network = {
    chainId,
    registry,
    // The types of ethr-did-resolver name the CommonJS twin of this class; at run time there is one.
    provider: provider as never,
    ...(chainId === 1 ? { name: 'mainnet' } : {}),
  }
  const resolve = getResolver(network).ethr as DIDResolver

  /** The block that the query asks for; an error's result when it asks for none that there is. */
  async function versionOf(query: URLSearchParams): Promise<number | undefined | DIDResolutionResult> {
    const versionId = query.get('versionId')
    if (versionId !== null) {
      return /^\d{1,15}$/.test(versionId)
        ? Number(versionId)
        : unresolved('invalidDidUrl', 'versionId is the number of a block.')
    }
    const versionTime = query.get('versionTime')
    if (versionTime === null) return undefined
    const milliseconds = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(versionTime)
      ? Date.parse(versionTime)
      : Number.NaN
    if (Number.isNaN(milliseconds))
      return unresolved('invalidDidUrl', 'versionTime is a UTC time without fraction.')
    const block = await blockAt(provider, milliseconds / 1000)
    return block ?? unresolved('notFound', 'The chain is younger than versionTime.')
  }

  async function resolveVersion(parsed: ParsedDID, resolvable: Resolvable) {
    const version = await versionOf(new URLSearchParams(parsed.query ?? ''))
    if (typeof version === 'object') return version
    const { query: _, ...unversioned } = parsed
    const asked = version === undefined ? unversioned : { ...unversioned, query: `versionId=${version}` }
    const result = await resolve(parsed.did, asked, resolvable, {})
    if (isFailure(result, version)) throw new Error(result.didResolutionMetadata.message)
    const { didDocument, didResolutionMetadata } = result
    if (didDocument) return { ...result, didDocument: normaliseMultikey(didDocument) }
    return didResolutionMetadata.error === 'unknownNetwork'
      ? unresolved('unsupportedDidMethod', 'The DID belongs to another chain.')
      : result
  }

  function failed(error: Error): DIDResolutionResult {
    options.onFailure?.(error.message.replaceAll(options.rpcUrl, 'the endpoint').slice(0, 500))
    return unresolved('chainUnreachable', 'The chain does not answer.')
  }

  return (_did, parsed, resolvable) =>
    budget.run({ left: maximumChanges }, () => resolveVersion(parsed, resolvable).catch(failed))
}

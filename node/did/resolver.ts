import {
  type DIDDocument,
  type DIDResolutionResult,
  type DIDResolver,
  parse,
  type Resolvable,
} from 'did-resolver'
import { createDidEthrResolver, type EthrOptions } from './did-ethr.ts'
import { resolveDidJwk } from './did-jwk.ts'
import { resolveDidKey } from './did-key.ts'
import { createDidWebResolver, type WebOptions } from './did-web.ts'
import { invalidDid, resolved, unresolved } from './resolution-result.ts'

/** How long results are kept, and how many. */
interface CacheOptions {
  /** Milliseconds for which a result counts; 0 keeps none. */
  ttl: number
  /** Most results kept; 10,000 when left out. */
  maximumEntries?: number
}

export interface DidResolverOptions extends EthrOptions {
  /** Look-ups of did:web and their limits; without it no did:web is looked up. */
  web?: WebOptions
  /** Gives the did:web documents that this node serves: no look-up over the network, and no need to allow any. */
  ownWeb?: (did: string) => Promise<{ document: DIDDocument; deactivated: boolean } | undefined>
  /** Keeps results of did:ethr and did:web for a time; none when left out. */
  cache?: CacheOptions
}

/** Resolves DIDs; did-jwt, Veramo and others take it as it is (their types are those of did-resolver 4). */
export interface DidResolver extends Resolvable {
  /** Forgets what was kept of a DID, in all its versions, because it changed. */
  forget(did: string): void
}

// did:jwk of an RSA key of 4,096 bits has about 1,000 characters.
const longestDidUrl = 4_096
const ldJson = 'application/did+ld+json'
const plainJson = 'application/did+json'

interface Entry {
  result: Promise<DIDResolutionResult>
  /** When it ceases to count, as `Date.now()` counts. */
  until: number
}

const isTemporary = ({ didResolutionMetadata: { error } }: DIDResolutionResult) =>
  error === 'chainUnreachable' || error === 'hostUnreachable'

/** A cache of results by DID and query; concurrent questions for one share one answer. */
function createCache({ ttl, maximumEntries = 10_000 }: CacheOptions) {
  const entries = new Map<string, Map<string, Entry>>()

  function keep(did: string, query: string, entry: Entry): void {
    const versions = entries.get(did) ?? new Map<string, Entry>()
    versions.set(query, entry)
    // A Map gives its keys in the order in which they came: the first is the one not asked for longest.
    entries.delete(did)
    entries.set(did, versions)
    const [oldest] = versions.size > 16 ? versions.keys() : []
    if (oldest !== undefined) versions.delete(oldest)
    const [eldest] = entries.size > maximumEntries ? entries.keys() : []
    if (eldest !== undefined) entries.delete(eldest)
  }

  function drop(did: string, query: string, entry: Entry): void {
    if (entries.get(did)?.get(query) === entry) entries.get(did)?.delete(query)
  }

  return {
    get(
      did: string,
      query: string,
      resolve: () => Promise<DIDResolutionResult>,
    ): Promise<DIDResolutionResult> {
      const kept = entries.get(did)?.get(query)
      if (kept && kept.until > Date.now()) {
        keep(did, query, kept)
        return kept.result
      }
      const entry: Entry = { result: resolve(), until: Date.now() + ttl }
      keep(did, query, entry)
      entry.result.then(
        (result) => isTemporary(result) && drop(did, query, entry),
        () => drop(did, query, entry),
      )
      return entry.result
    },
    forget: (did: string) => void entries.delete(did),
  }
}

/** The representation asked for: JSON has no `@context` (DID Core, 6.2). */
function represent(result: DIDResolutionResult, accept: string): DIDResolutionResult {
  const copy = structuredClone(result)
  if (accept !== plainJson || !copy.didDocument) return copy
  delete copy.didDocument['@context']
  copy.didResolutionMetadata.contentType = plainJson
  return copy
}

const unsupported = unresolved('unsupportedDidMethod', 'DIDs of this method are not resolved here.')

function webResolver({ web }: DidResolverOptions): DIDResolver {
  return web ? createDidWebResolver(web) : async () => unsupported
}

/**
 * Makes a resolver of did:ethr (of one registry), did:key, did:jwk and, where allowed, did:web. It throws nothing:
 * `didResolutionMetadata.error` tells `chainUnreachable` and `hostUnreachable` from what does not exist. A DID URL may
 * have `versionId` or `versionTime`, for did:ethr.
 */
export function createDidResolver(options: DidResolverOptions): DidResolver {
  const cache = options.cache && options.cache.ttl > 0 ? createCache(options.cache) : undefined
  const methods: Readonly<Record<string, DIDResolver>> = {
    key: resolveDidKey,
    jwk: resolveDidJwk,
    ethr: createDidEthrResolver(options),
    web: webResolver(options),
  }

  async function resolve(didUrl: string): Promise<DIDResolutionResult> {
    const parsed = didUrl.length > longestDidUrl ? null : parse(didUrl)
    if (!parsed) return invalidDid('This is no DID.')
    const method = Object.hasOwn(methods, parsed.method) ? methods[parsed.method] : undefined
    if (!method) return unsupported
    // what this node itself serves is as fresh as its database, and never kept
    const own = parsed.method === 'web' ? await options.ownWeb?.(parsed.did) : undefined
    if (own) return resolved(own.document, own.deactivated ? { deactivated: true } : {})
    const ask = () => method(parsed.did, parsed, resolver, {})
    const isComputed = parsed.method === 'key' || parsed.method === 'jwk'
    return cache && !isComputed ? cache.get(parsed.did, parsed.query ?? '', ask) : ask()
  }

  const resolver: DidResolver = {
    resolve: async (didUrl, { accept = ldJson } = {}) => {
      if (accept !== ldJson && accept !== plainJson && accept !== 'application/did') {
        return unresolved('representationNotSupported', 'A DID document is JSON-LD or JSON.')
      }
      return represent(await resolve(didUrl), accept)
    },
    forget: (did) => cache?.forget(did),
  }
  return resolver
}

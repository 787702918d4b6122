import type { Resolvable } from 'did-resolver'
import { createKeyHistories } from '../did/key-histories.ts'
import { keyResolver } from '../did/key-resolver.ts'
import { resolveDid } from '../did/resolve-did.ts'
import { createDidResolver, type DidResolverOptions } from '../did/resolver.ts'
import { formats } from '../formats/index.ts'
import { statusListFetcher } from '../status/fetch-status-list.ts'
import { statusEncodings } from '../status/index.ts'
import { claimsTokens } from '../suites/claims-tokens.ts'
import { createDocumentLoader } from '../suites/document-loader.ts'
import type { Suite } from '../suites/suite.ts'
import { createPublishedLists } from '../verification/published-lists.ts'
import type { VerificationDeps } from '../verification/verification.ts'

interface Options extends Pick<VerificationDeps, 'findRegistration' | 'registeredContext'> {
  ledger: VerificationDeps['ledger']
  suites: readonly Suite[]
  /** How DIDs are resolved, or what resolves them without a memory. */
  resolver: Omit<DidResolverOptions, 'cache'> | Resolvable
  /** Milliseconds for which a DID document and a key history count; 0 keeps none. */
  ttlMs: number
  /** Which status lists of others may be fetched. */
  statusListFetch: 'off' | 'public' | 'loopback'
  now?: () => Date
}

/** What verification stands on, built once. */
export interface OpenVerification {
  deps: VerificationDeps
  /** Makes it forget a DID that changed. */
  forget(did: string): void
}

/**
 * Builds what verification stands on, for a node and for a verifier without one. It resolves DIDs by a memory of its
 * own, since one credential asks for its issuer several times; nothing that writes ever reads from that.
 */
export function openVerification(options: Options): OpenVerification {
  const {
    ledger,
    suites,
    ttlMs,
    statusListFetch,
    findRegistration,
    registeredContext,
    now = () => new Date(),
  } = options
  const resolver =
    'resolve' in options.resolver
      ? { ...options.resolver, forget: () => {} }
      : createDidResolver({ ...options.resolver, cache: { ttl: ttlMs } })
  const histories = createKeyHistories({ ledger, ttlMs })
  const deps: VerificationDeps = {
    ...{ formats, suites, statusEncodings, ledger, now },
    resolveDid: (did) => resolveDid(resolver, did),
    resolveKey: keyResolver(resolver, { history: histories.of }),
    documentLoader: createDocumentLoader,
    ...(findRegistration && { findRegistration }),
    ...(registeredContext && { registeredContext }),
  }
  if (statusListFetch !== 'off') {
    deps.publishedLists = createPublishedLists({
      ...{ ...deps, claimsTokens },
      fetch: statusListFetcher({ allowLoopback: statusListFetch === 'loopback' }),
    })
  }
  return {
    deps,
    forget: (did) => {
      resolver.forget(did)
      histories.forget(did)
    },
  }
}

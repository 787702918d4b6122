import { createKeyHistories } from './did/key-histories.ts'
import { keyResolver } from './did/key-resolver.ts'
import { resolveDid } from './did/resolve-did.ts'
import { createDidResolver, type DidResolverOptions } from './did/resolver.ts'
import { formats } from './formats/index.ts'
import type { Ledger, LedgerChange } from './ledger/ledger.ts'
import { statusListFetcher } from './status/fetch-status-list.ts'
import { statusEncodings } from './status/index.ts'
import { claimsTokens } from './suites/claims-tokens.ts'
import { createDocumentLoader } from './suites/document-loader.ts'
import type { Suite } from './suites/suite.ts'
import { createPublishedLists } from './verification/published-lists.ts'
import type { VerificationDeps } from './verification/verification.ts'

interface Options extends Pick<VerificationDeps, 'findRegistration'> {
  ledger: VerificationDeps['ledger'] & Pick<Ledger, 'didOf'>
  suites: readonly Suite[]
  /** How DIDs are resolved. */
  resolver: Omit<DidResolverOptions, 'cache'>
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
  forget(change: LedgerChange): void
}

/**
 * Builds what verification stands on, for a node and for a verifier without one. It resolves DIDs by a memory of its
 * own, since one credential asks for its issuer several times; nothing that writes ever reads from that.
 */
export function openVerification(options: Options): OpenVerification {
  const { ledger, suites, ttlMs, statusListFetch, findRegistration, now = () => new Date() } = options
  const resolver = createDidResolver({ ...options.resolver, cache: { ttl: ttlMs } })
  const histories = createKeyHistories({ ledger, ttlMs })
  const deps: VerificationDeps = {
    ...{ formats, suites, statusEncodings, ledger, now },
    resolveDid: (did) => resolveDid(resolver, did),
    resolveKey: keyResolver(resolver, { history: histories.of }),
    documentLoader: createDocumentLoader,
    ...(findRegistration && { findRegistration }),
  }
  if (statusListFetch !== 'off') {
    deps.publishedLists = createPublishedLists({
      ...{ ...deps, claimsTokens },
      fetch: statusListFetcher({ allowLoopback: statusListFetch === 'loopback' }),
    })
  }
  return {
    deps,
    forget: (change) => {
      if (change.registry !== 'did') return
      const did = ledger.didOf(change.identity)
      resolver.forget(did)
      histories.forget(did)
    },
  }
}

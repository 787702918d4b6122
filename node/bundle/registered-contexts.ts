import type { VerificationDeps } from '../verification/verification.ts'
import type { RegisteredContext } from './bundle.ts'

/** Finds contexts that issuers registered, each for the credentials of its own issuer alone. */
export function registeredContexts(
  contexts: readonly RegisteredContext[],
): NonNullable<VerificationDeps['registeredContext']> {
  const known = new Map(
    contexts.map(({ issuer, url, document }) => [JSON.stringify([issuer, url]), document]),
  )
  return async (issuer, url) => known.get(JSON.stringify([issuer, url])) as never
}

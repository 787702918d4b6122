import { openVerification } from '../composition/open-verification.ts'
import type { Suite } from '../suites/suite.ts'
import { openCredential } from '../verification/open-credential.ts'
import { checkRegistration, type Registration } from '../verification/registration-evidence.ts'
import type { VerificationOutcome } from '../verification/verification.ts'
import { verifyCredential } from '../verification/verify-credential.ts'
import type { Bundle } from './bundle.ts'
import { bundleFacts } from './bundle-facts.ts'
import { registeredContexts } from './registered-contexts.ts'

/** What a bundle says of its credential, and how far that may be believed. */
export interface BundleOutcome extends VerificationOutcome {
  /** What the checks say if the facts of the bundle are true; `verified` only when that is known, too. */
  holds: boolean
  /** Whether the bundle is the one that was trusted: its digest was given. */
  isTrusted: boolean
  /** All facts are at least as new as this block. */
  block: Bundle['block']
  chainId: number
  registration: Registration | null
}

/**
 * Verifies the credential of a bundle without a chain. Whoever made the file could have written any DID document into
 * it, so that its checks prove nothing by themselves: it verifies only for whoever knows by another way that this is the
 * bundle of somebody they trust.
 * @throws MALFORMED_REQUEST
 */
export async function verifyBundle(
  { suites, now }: { suites: readonly Suite[]; now?: () => Date },
  { bundle, isTrusted }: { bundle: Bundle; isTrusted: boolean },
): Promise<BundleOutcome> {
  const { ledger, resolver } = bundleFacts(bundle)
  const { deps } = openVerification({
    ...{ ledger, resolver, suites, ttlMs: 0, statusListFetch: 'off' },
    registeredContext: registeredContexts(bundle.contexts),
    ...(now && { now }),
  })
  const { credential, chain, block, network } = bundle
  const claimed = bundle.registration ?? undefined
  const { verified, ...found } = await verifyCredential(deps, { credential, chain, registration: claimed })
  const opened = openCredential(deps.formats, credential)
  const registration = claimed && (await checkRegistration(deps, opened, claimed))
  return {
    verified: verified && isTrusted,
    holds: verified,
    isTrusted,
    ...found,
    block,
    chainId: network.chainId,
    registration: registration ?? null,
  }
}

import { createHash } from 'node:crypto'
import { type Bundle, parseBundle, type RegisteredContext } from './bundle/bundle.ts'
import { makeBundle } from './bundle/make-bundle.ts'
import { registeredContexts } from './bundle/registered-contexts.ts'
import { type BundleOutcome, verifyBundle } from './bundle/verify-bundle.ts'
import { openVerification } from './composition/open-verification.ts'
import { createDidResolver } from './did/resolver.ts'
import { IssuerError } from './errors.ts'
import { presentationFormats } from './formats/presentations.ts'
import type { RegistryAddresses } from './ledger/ledger.ts'
import { openLedger } from './ledger/open-ledger.ts'
import { createSuites } from './suites/index.ts'
import { openCredential } from './verification/open-credential.ts'
import {
  type ClaimedRegistration,
  checkRegistration,
  type Registration,
} from './verification/registration-evidence.ts'
import type { VerificationOutcome } from './verification/verification.ts'
import { verifyCredential } from './verification/verify-credential.ts'
import { verifyPresentation } from './verification/verify-presentation.ts'

// The library `cartulary/verifier`: what its callers need of types is exported with it.
export type { Bundle, BundleOutcome, ClaimedRegistration, RegistryAddresses, VerificationOutcome }

export interface VerifierOptions {
  /** JSON-RPC of the chain, over HTTP or HTTPS; whoever runs it is believed. */
  rpcUrl: string
  /** Where the registries stand. Trust begins here: whoever chooses them chooses the answers. */
  registries: RegistryAddresses
  /** The chain that it must be; any when left out. */
  chainId?: number
  /** Whether did:web may be looked up, over HTTPS at public addresses; false when left out. */
  didWeb?: boolean
  /** Whether status lists that are not on this ledger may be fetched from public addresses; false when left out. */
  publishedLists?: boolean
  /** JSON-LD contexts that issuers registered with their nodes, and that are not on the ledger. */
  contexts?: readonly RegisteredContext[]
  /** Milliseconds for which DID documents and key histories are kept; 5,000 when left out. */
  cacheMs?: number
  /** Milliseconds that one request to the chain may take; 10,000 when left out. */
  requestTimeout?: number
}

interface CredentialInput {
  credential: unknown
  /** Parents of an agent delegation. */
  chain?: readonly unknown[]
  /** What `GET /credentials/{id}/registration` of the issuer's node gave. */
  registration?: ClaimedRegistration
}

type PresentationInput = Parameters<typeof verifyPresentation>[1]

/** Verifies credentials against a chain; it has no keys and writes nothing. */
export interface Verifier {
  readonly chainId: number
  /** @throws IssuerError MALFORMED_REQUEST */
  verifyCredential(input: CredentialInput): Promise<VerificationOutcome>
  /** @throws IssuerError MALFORMED_REQUEST */
  verifyPresentation(input: PresentationInput): ReturnType<typeof verifyPresentation>
  /** When a credential was registered, by the Merkle proof that came with it; undefined when the ledger denies it. */
  checkRegistration(
    input: Required<Pick<CredentialInput, 'credential' | 'registration'>>,
  ): Promise<Registration | undefined>
  /** A credential with all that its verification needs of the chain, to be verified without one. */
  makeBundle(input: CredentialInput): Promise<Bundle>
  close(): Promise<void>
}

// No suite of a verifier signs: the address of own contexts goes into nothing.
const suites = createSuites({ publicUrl: 'https://verifier.invalid' })

/** Opens a verifier on a chain. @throws IssuerError CHAIN_UNREACHABLE, CHAIN_MISMATCH */
export async function createVerifier(options: VerifierOptions): Promise<Verifier> {
  const { rpcUrl, registries, chainId: expected, didWeb = false, cacheMs = 5_000, requestTimeout } = options
  const limits = requestTimeout === undefined ? {} : { requestTimeout }
  const ledger = await openLedger({
    ...{ rpcUrl, registries, ...limits },
    ...(expected === undefined ? {} : { chainId: expected }),
  })
  const { chainId } = ledger
  const { didRegistry } = ledger.registries
  const resolver = { rpcUrl, chainId, didRegistry, ...limits, ...(didWeb && { web: {} }) }
  const statusListFetch = options.publishedLists ? 'public' : 'off'
  const { contexts = [] } = options
  const { deps } = openVerification({
    ...{ ledger, suites, resolver, ttlMs: cacheMs, statusListFetch },
    registeredContext: registeredContexts(contexts),
  })
  return {
    chainId,
    verifyCredential: (input) => verifyCredential(deps, input),
    verifyPresentation: (input) => verifyPresentation({ ...deps, presentationFormats }, input),
    checkRegistration: ({ credential, registration }) =>
      checkRegistration(deps, openCredential(deps.formats, credential), registration),
    makeBundle: (input) =>
      makeBundle({ ledger, suites, contexts, resolver: createDidResolver(resolver) }, input),
    close: () => ledger.close(),
  }
}

/** Whether a received document is a presentation, well formed or not, and no credential. */
export function isPresentation(received: unknown): boolean {
  return presentationFormats.some((format) => {
    try {
      return format.open(received) !== undefined
    } catch {
      return true
    }
  })
}

/** SHA-256 of the bytes of a bundle, as `sha256sum` writes it. */
export function bundleDigest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/**
 * Verifies a bundle without a chain, from the bytes of its file. It verifies only when `digest` is theirs, which its
 * reader got from somebody they trust, by another way than the bundle; `holds` says what it says for itself. It cannot
 * know what happened after its block.
 * @throws IssuerError MALFORMED_REQUEST, also when the digest is another
 */
export async function verifyOffline({
  bytes,
  digest,
}: {
  bytes: Uint8Array
  digest?: string | undefined
}): Promise<BundleOutcome> {
  const actual = bundleDigest(bytes)
  if (digest !== undefined && digest.toLowerCase() !== actual) {
    const detail = `This is not the bundle that is trusted: its SHA-256 is ${actual}.`
    throw new IssuerError('MALFORMED_REQUEST', { detail })
  }
  return verifyBundle({ suites }, { bundle: parseBundle(readJson(bytes)), isTrusted: digest !== undefined })
}

function readJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw new IssuerError('MALFORMED_REQUEST', { detail: 'The bundle is no JSON.', cause })
  }
}

import type { DidResolution } from '../did/resolve-did.ts'
import type { Format } from '../formats/format.ts'
import type { JsonObject } from '../json.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { StatusEncoding } from '../status/status-list.ts'
import type { DocumentLoader, KeyResolver, KeyValidity, ProofVerdict, Suite } from '../suites/suite.ts'
import type { PublishedLists } from './published-lists.ts'

/** `unknown`: it could not be decided, such as when the chain does not answer. */
export type Verdict = 'pass' | 'fail' | 'unknown'

/** Verdict of one check, with the reason when it is not a pass. */
export interface CheckResult {
  status: Verdict
  reason?: string
}

/** What was found about one credential, check by check. */
export interface Checks {
  /** `key`: for which time the DID document listed the key, where the DID has a history. */
  proof: ProofVerdict & { key?: KeyValidity }
  issuer: CheckResult & { did: string; active: boolean | null }
  schema: CheckResult & { schemaId: string | null }
  expiration: CheckResult & { validFrom: string | null; expirationDate: string | null }
  revocation: CheckResult & {
    revoked: boolean | null
    suspended: boolean | null
    statusListId: string | null
    statusListIndex: number | null
  }
  /** Digests of related resources; only where a credential names some. */
  resources?: CheckResult
  /**
   * Only for agent delegations. `onBehalfOf` is the delegator at the root, once the chain has been followed there:
   * ids can be chosen by anybody, so whoever relies on a delegation compares this DID.
   */
  delegation?: CheckResult & { onBehalfOf: string | null; chain: readonly string[] }
}

/** `verified` is true when every check passed. */
export interface VerificationOutcome {
  verified: boolean
  credentialId: string | null
  checks: Checks
  /** Says that the credential defines terms itself; only where that was allowed. */
  inlineContexts?: true
}

/** What verification asks a ledger; all of it is reading. */
export interface VerificationLedger extends Pick<Ledger, 'identityOf'> {
  dids: Pick<Ledger['dids'], 'history'>
  schemas: Pick<Ledger['schemas'], 'get' | 'isAllowed'>
  statusLists: Pick<
    Ledger['statusLists'],
    'keyOf' | 'rootOf' | 'get' | 'statusOf' | 'registrationInTransaction'
  >
}

/** What verification stands on: a chain and lists of what is supported; no keys, no database. */
export interface VerificationDeps {
  formats: readonly Format[]
  suites: readonly Suite[]
  statusEncodings: readonly StatusEncoding[]
  /** Reads lists that are not of this ledger from where they are published; absent where nothing may be fetched. */
  publishedLists?: PublishedLists
  ledger: VerificationLedger
  /** Undefined when the DID does not exist. @throws CHAIN_UNREACHABLE and other retryable codes */
  resolveDid(did: string): Promise<DidResolution | undefined>
  resolveKey: KeyResolver
  /** The registration of a credential that this verifier knows of; what it gives is checked on the ledger. */
  findRegistration?(credentialId: string): Promise<object | undefined>
  /** The context that an issuer of this node has registered under a URL, pinned by its digest. */
  registeredContext?(issuerDid: string, url: string): Promise<JsonObject | undefined>
  /** A loader of the bundled contexts and those that `extra` gives. */
  documentLoader(source: { extra(url: string): Promise<JsonObject | undefined> }): DocumentLoader
  /** Milliseconds that one verification may wait for chain and hosts in all; 15,000 when left out. */
  timeLimitMs?: number
  now(): Date
}

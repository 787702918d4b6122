import { delegationType } from '../delegation/read-delegation.ts'
import { hasInlineContext } from '../documents/inline-contexts.ts'
import type { OpenedCredential } from '../formats/format.ts'
import type { JsonObject } from '../json.ts'
import { checkDelegation } from './check-delegation.ts'
import { checkExpiration } from './check-expiration.ts'
import { checkIssuer } from './check-issuer.ts'
import { checkProof } from './check-proof.ts'
import { checkResources } from './check-resources.ts'
import { checkSchema, type SchemaFinding } from './check-schema.ts'
import { checkStatus } from './check-status.ts'
import { checkStatusList } from './check-status-list.ts'
import { openCredential } from './open-credential.ts'
import { type ClaimedRegistration, signingEvidence } from './registration-evidence.ts'
import type { CheckResult, Checks, Verdict, VerificationDeps, VerificationOutcome } from './verification.ts'
import { watchKeys } from './watch-keys.ts'
import { withinTime } from './within-time.ts'

/**
 * Checks a credential of any supported format against the ledger: proof, issuer, schema, expiration, revocation, and
 * for an agent delegation the chain of its parents. A check that cannot be decided is `unknown`, never a pass; so is one
 * for which the chain did not answer in time.
 * @throws MALFORMED_REQUEST when the credential or a member of the chain is none
 */
export async function verifyCredential(
  unlimited: VerificationDeps,
  input: {
    credential: unknown
    chain?: readonly unknown[]
    /** The Merkle proof of its registration: how old the credential is, for keys that were stolen since. */
    registration?: ClaimedRegistration | undefined
    /** Whether the credential may define terms itself: then its members mean what its own contexts say. */
    inlineContexts?: boolean
  },
): Promise<VerificationOutcome> {
  const { inlineContexts = false } = input
  const deps = withinTime(unlimited)
  const credential = openCredential(deps.formats, input.credential, { inlineContexts })
  const chain = (input.chain ?? []).map((parent) => openCredential(deps.formats, parent))
  const checks = await checkAlone(deps, credential, input.registration)
  if (credential.facts.types.includes(delegationType)) {
    checks.delegation = await checkDelegation({
      credential,
      chain,
      mayConceal: (opened) => canConceal(deps, opened),
      checkParent: async (parent) => worst(await checkAlone(deps, parent)),
    })
  }
  return {
    verified: worst(checks).verdict === 'pass',
    credentialId: credential.facts.id ?? null,
    checks,
    ...(hasInlineContext(credential.document) && { inlineContexts: true as const }),
  }
}

/** Every check that needs nothing but the credential and the ledger. */
async function checkAlone(
  deps: VerificationDeps,
  credential: OpenedCredential,
  registration?: ClaimedRegistration,
): Promise<Checks> {
  const { facts } = credential
  const mayConceal = canConceal(deps, credential)
  const [finding, issuer, revocation] = await Promise.all([
    checkSchema(deps, facts, { mayConceal }),
    checkIssuer(deps, facts.issuer),
    checkStatus(deps, facts),
  ])
  const { extra, isMissing } = contextsOf(finding, (url) => deps.registeredContext?.(facts.issuer, url))
  const { resolveKey, tell } = watchKeys(deps.resolveKey, signingEvidence(deps, credential, registration))
  const documentLoader = deps.documentLoader({ extra })
  const found = tell(await checkProof({ ...deps, resolveKey, documentLoader }, credential))
  const proof = found.status === 'fail' && isMissing() ? { ...found, status: 'unknown' as const } : found
  const schema = (await checkStatusList(deps, credential)) ?? finding.result
  const resources = await checkResources(credential, documentLoader)
  const checks = { proof, issuer, schema, expiration: checkExpiration(deps, facts), revocation }
  return { ...checks, ...(resources && { resources }) }
}

/** Whether its holder may show a part of it, by its proof type. */
function canConceal({ suites }: Pick<VerificationDeps, 'suites'>, { secured }: OpenedCredential): boolean {
  return suites.some(({ recognises, derive }) => derive !== undefined && recognises(secured))
}

/**
 * The contexts that the schema pins or the issuer has registered. When the ledger could not be asked for them, or the
 * schema is none that is known here, nobody may say that the proof is wrong: `isMissing` tells that one was asked for in vain.
 */
function contextsOf(
  { schema, outage, result }: SchemaFinding,
  registered: (url: string) => Promise<JsonObject | undefined> | undefined,
) {
  const documents = new Map(schema?.contexts.map(({ url, document }) => [url, document]))
  let missing = false
  return {
    extra: async (url: string) => {
      const document = documents.get(url) ?? (await registered(url))
      if (!document && result.status === 'unknown') missing = true
      if (outage) throw outage
      return document
    },
    isMissing: () => missing,
  }
}

const rank = { pass: 0, unknown: 1, fail: 2 } as const

/** The worst verdict of all checks, and its reason. */
function worst(checks: Checks): { verdict: Verdict; reason?: string } {
  const results: CheckResult[] = Object.values(checks)
  const [first] = results.toSorted((a, b) => rank[b.status] - rank[a.status])
  if (!first || first.status === 'pass') return { verdict: 'pass' }
  return { verdict: first.status, ...(first.reason === undefined ? {} : { reason: first.reason }) }
}

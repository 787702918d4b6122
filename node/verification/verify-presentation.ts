import { hasInlineContext, nameInlineContexts } from '../documents/inline-contexts.ts'
import { IssuerError } from '../errors.ts'
import type { OpenedCredential } from '../formats/format.ts'
import type { OpenedPresentation, PresentationFormat } from '../formats/presentation.ts'
import type { Json, JsonObject } from '../json.ts'
import type { ProofVerdict } from '../suites/suite.ts'
import { checkIssuer } from './check-issuer.ts'
import { checkProofBy } from './check-proof-by.ts'
import { openCredential } from './open-credential.ts'
import { presentedContexts } from './presented-contexts.ts'
import type { CheckResult, VerificationDeps, VerificationOutcome } from './verification.ts'
import { verifyCredential } from './verify-credential.ts'
import { withinTime } from './within-time.ts'

interface Deps extends VerificationDeps {
  presentationFormats: readonly PresentationFormat[]
}

interface Input {
  presentation: unknown
  /** What the holder was asked to repeat; one that is left out is not looked at, so that nothing stops a replay. */
  challenge?: string
  domain?: string
  /** Parents of agent delegations among the credentials. */
  chain?: readonly unknown[]
  /** Whether each credential must be about the holder; yes unless told. */
  holderBinding?: boolean
  /** Whether presentation and credentials may define terms themselves. */
  inlineContexts?: boolean
}

/** What was found about a presentation, and about each of its credentials. */
interface PresentationOutcome {
  /** True when every check passed, those of every credential included. */
  verified: boolean
  presentationId: string | null
  holder: string | null
  checks: {
    /** Made for authentication, by the holder; `unknown` for a presentation without a proof. */
    proof: ProofVerdict
    holder: CheckResult & { did: string | null; active: boolean | null }
    /** Whether each credential is about the holder; absent when nobody asked. */
    binding?: CheckResult
  }
  credentials: readonly VerificationOutcome[]
}

/**
 * Checks a presentation: who presents it, in answer to what, and each of its credentials in full.
 * @throws MALFORMED_REQUEST when the presentation, one of its credentials or a member of the chain is none
 */
export async function verifyPresentation(unlimited: Deps, input: Input): Promise<PresentationOutcome> {
  const { inlineContexts = false } = input
  const deps = withinTime(unlimited)
  const presentation = openPresentation(deps.presentationFormats, input)
  const opened = presentation.credentials.map((credential, index) =>
    openAt(deps, { credential, index, inlineContexts }),
  )
  const credentials: VerificationOutcome[] = []
  for (const credential of presentation.credentials) {
    credentials.push(await verifyCredential(deps, { credential, chain: input.chain ?? [], inlineContexts }))
  }
  const holder = holderOf(presentation)
  const binding = input.holderBinding === false ? undefined : checkBinding(opened, holder)
  const checks = {
    proof: await checkPresentationProof(deps, { ...input, presentation, holder, opened }),
    holder: await checkHolder(deps, holder),
    ...(binding && { binding }),
  }
  const isPassed = Object.values(checks).every(({ status }) => status === 'pass')
  return {
    verified: isPassed && credentials.every(({ verified }) => verified),
    presentationId: presentation.id ?? null,
    holder: holder ?? null,
    checks,
    credentials,
  }
}

/** Inline contexts are named to read the members; what is secured stays as it was received. */
function openPresentation(
  formats: readonly PresentationFormat[],
  { presentation: received, inlineContexts }: Input,
): OpenedPresentation {
  const hasInline = inlineContexts === true && hasInlineContext(received as Json)
  const named = hasInline ? nameInlineContexts(received as JsonObject) : received
  for (const format of formats) {
    const opened = format.open(named)
    if (opened && !hasInline) return opened
    if (opened) return asReceived(opened, received as JsonObject)
  }
  const message = 'must be a presentation: JSON of the type VerifiablePresentation, or a token'
  throw new IssuerError('MALFORMED_REQUEST', {
    detail: 'This is not a presentation of a supported format.',
    violations: [{ pointer: '/presentation', message }],
  })
}

function asReceived(opened: OpenedPresentation, received: JsonObject): OpenedPresentation {
  const items = [received.verifiableCredential ?? []].flat() as Json[]
  return {
    ...opened,
    document: { ...opened.document, '@context': received['@context'] as Json },
    credentials: opened.credentials.map((item, index) => (typeof item === 'string' ? item : items[index])),
    secured: received,
  }
}

/** @throws MALFORMED_REQUEST with pointers that start at the presentation */
function openAt(
  deps: Deps,
  { credential, index, inlineContexts }: { credential: unknown; index: number; inlineContexts: boolean },
): OpenedCredential {
  try {
    return openCredential(deps.formats, credential, { inlineContexts })
  } catch (error) {
    if (!(error instanceof IssuerError)) throw error
    const at = `/verifiableCredential/${index}`
    throw new IssuerError(error.code, {
      detail: `The credential at ${at} of the presentation is none: ${error.message}`,
      violations: error.violations.map(({ pointer, message }) => ({
        pointer: at + pointer.replace(/^\/credential(?=\/|$)/, ''),
        message,
      })),
    })
  }
}

/** A presentation that names no holder is presented by whoever made its one proof. */
function holderOf({ holder, secured }: OpenedPresentation): string | undefined {
  if (holder !== undefined || typeof secured === 'string') return holder
  const method = (secured.proof as JsonObject | undefined)?.verificationMethod
  return typeof method === 'string' ? method.split('#')[0] : undefined
}

interface ProofInput extends Input {
  presentation: OpenedPresentation
  holder: string | undefined
  opened: readonly OpenedCredential[]
}

async function checkPresentationProof(deps: Deps, input: ProofInput): Promise<ProofVerdict> {
  const { presentation, holder, opened, challenge, domain } = input
  const type = 'none'
  if (!presentation.isProven) {
    return { status: 'unknown', type, reason: 'The presentation has no proof: anybody may have sent it.' }
  }
  if (holder === undefined) return { status: 'fail', type, reason: 'The presentation names no holder.' }
  const contexts = await presentedContexts(deps, opened)
  const proof = await checkProofBy(
    { ...deps, documentLoader: deps.documentLoader({ extra: contexts.extra }) },
    {
      secured: presentation.secured,
      party: holder,
      purpose: 'authentication',
      ...(presentation.holder === undefined && { controller: holder }),
      ...(challenge !== undefined && { challenge }),
      ...(domain !== undefined && { domain }),
    },
  )
  return proof.status === 'fail' && contexts.isMissing() ? { ...proof, status: 'unknown' } : proof
}

async function checkHolder(deps: Deps, did: string | undefined) {
  if (did === undefined) {
    return { status: 'unknown', did: null, active: null, reason: 'Nobody is named as holder.' } as const
  }
  const { reason, ...found } = await checkIssuer(deps, did)
  return { ...found, ...(reason !== undefined && { reason: reason.replace('issuer', 'holder') }) }
}

/** A credential about several subjects is bound when the holder is one of them. */
function checkBinding(opened: readonly OpenedCredential[], holder: string | undefined): CheckResult {
  if (holder === undefined && opened.length > 0) {
    return { status: 'unknown', reason: 'Nobody is named as holder.' }
  }
  const index = opened.findIndex(({ facts }) => !facts.subjects.some(({ id }) => id === holder))
  if (index < 0) return { status: 'pass' }
  return {
    status: 'fail',
    reason: `The credential at /verifiableCredential/${index} is not about the holder.`,
  }
}

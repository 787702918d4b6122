import { type ProofLink, proofLinks } from '../documents/proof-set.ts'
import { asText } from '../json.ts'
import type { DocumentLoader, ProofVerdict, Secured, Suite, VerifyOptions } from '../suites/suite.ts'
import { undecided } from './undecided.ts'
import type { VerificationDeps } from './verification.ts'

/** What proofs are checked with. */
export type ProofDeps = Pick<VerificationDeps, 'suites' | 'resolveDid' | 'resolveKey' | 'now'> & {
  documentLoader: DocumentLoader
}

/** What proofs are checked against. */
interface Expected extends Pick<VerifyOptions, 'purpose' | 'challenge' | 'domain' | 'controller'> {
  /** The issuer of a credential, the holder of a presentation: one proof must be its own. */
  party: string
}

/**
 * Whether every proof holds and one of them was made by the issuer (of a presentation: by the holder), with a key that
 * its DID document lists for the purpose. Proofs by others, such as endorsers, are checked against their own DIDs.
 */
export async function checkProofBy(
  deps: ProofDeps,
  input: Expected & { secured: Secured },
): Promise<ProofVerdict> {
  const { secured, party, ...expected } = input
  const links = typeof secured === 'string' ? [] : proofLinks(secured)
  if (links.length > 1) return checkProofSet(deps, links, { party, ...expected })
  return (
    (await checkOne(deps, secured, expected)) ?? {
      status: 'fail',
      type: 'none',
      reason: 'There is no proof of a supported type.',
    }
  )
}

/** Undefined when no suite recognises the proof. */
async function checkOne(
  deps: ProofDeps,
  secured: Secured,
  expected: Omit<VerifyOptions, 'resolveKey' | 'resolveDidDocument' | 'documentLoader' | 'now'>,
): Promise<ProofVerdict | undefined> {
  const suite: Suite | undefined = deps.suites.find((candidate) => candidate.recognises(secured))
  if (!suite) return undefined
  const { resolveKey, documentLoader } = deps
  const resolveDidDocument = async (did: string) => (await deps.resolveDid(did))?.document
  const options = { ...expected, resolveKey, resolveDidDocument, documentLoader, now: deps.now() }
  return undecided<ProofVerdict>(
    () => suite.verify(secured, options),
    (reason) => ({ status: 'unknown', type: suite.name, reason }),
  )
}

const rank = { pass: 0, unknown: 1, fail: 2 } as const

async function checkProofSet(
  deps: ProofDeps,
  links: readonly ProofLink[],
  { party, ...expected }: Expected,
): Promise<ProofVerdict> {
  const proofs: ProofVerdict[] = []
  // one after the other: each may keep the processor busy for as long as a document of its own
  for (const link of links) proofs.push(await checkLink(deps, link, { party, ...expected }))
  const own = proofs.find(({ controller }) => controller === undefined)
  if (!own) return { status: 'fail', type: 'none', reason: 'No proof is by who must have made one.', proofs }
  const [worst] = proofs.toSorted((a, b) => rank[b.status] - rank[a.status])
  const { status, reason } = worst as ProofVerdict
  const { reason: _, ...about } = own
  return { ...about, status, ...(reason !== undefined && { reason }), proofs }
}

async function checkLink(
  deps: ProofDeps,
  { proof, secured, previousProofs }: ProofLink,
  { party, ...expected }: Expected,
): Promise<ProofVerdict> {
  const [did] = asText(proof.verificationMethod).split('#')
  const controller = did === party ? undefined : did
  const by = controller === undefined ? {} : { controller }
  const verdict = await checkOne(deps, secured, { ...expected, ...by, previousProofs })
  if (verdict) return { ...verdict, ...by }
  const type = asText(proof.cryptosuite ?? proof.type)
  return { status: 'unknown', type, ...by, reason: 'No suite for this type of proof is here.' }
}
